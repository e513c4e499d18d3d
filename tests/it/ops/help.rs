//! Completions and man pages of the real program. They need no broker, no database and no settings.

use std::process::{Command, Output};

fn printed(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peyvand"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PEYVAND_") {
            command.env_remove(name);
        }
    }
    // Settings that every other command refuses.
    command.env("PEYVAND_NO_SUCH_SETTING", "1").env("PEYVAND_DATABASE_URL", "nonsense");
    command.args(arguments).output().unwrap()
}

#[track_caller]
fn text(arguments: &[&str]) -> String {
    let output = printed(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn completions_and_man_pages_need_no_settings() {
    assert_eq!(printed(&["config"]).status.code(), Some(2), "the settings are not wrong");
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&["completions", shell]).contains("close-month"), "{shell}");
    }
    assert!(text(&["man"]).contains("PEYVAND_DATABASE_URL"));
    assert!(text(&["man", "dead-letters", "replay"]).contains("dead"));
    let unknown = printed(&["man", "server"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("serve"), "{unknown:?}");
}

#[test]
fn bash_completes_commands_and_settings() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("completions");
    std::fs::write(&script, text(&["completions", "bash"])).unwrap();
    let complete = |line: &[&str]| {
        let [last, before] = [line[line.len() - 1], line[line.len() - 2]];
        let (words, place) = (line.join(" "), line.len() - 1);
        let ask = format!(
            "source '{}'; COMP_WORDS=({words}); COMP_CWORD={place}; _peyvand peyvand '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["peyvand", "close"]), ["close-month"]);
    assert_eq!(complete(&["peyvand", "serve", "--batch-e"]), ["--batch-events"]);
    assert_eq!(complete(&["peyvand", "dead-letters", "rep"]), ["replay"]);
}

/// Default, variable and form of a setting are in the help of every command.
#[test]
fn the_help_of_a_command_shows_default_variable_and_form() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["dead-letters", "list", "--help"]] {
        let help = text(arguments).split_whitespace().collect::<Vec<_>>().join(" ");
        let setting =
            "[default: 1000] [variable: PEYVAND_BATCH_EVENTS] [form: a whole number from 1 to 100000]";
        assert!(help.contains(setting), "{arguments:?}: {help}");
        assert!(help.contains("[no default] [variable: PEYVAND_TODAY]"), "{arguments:?}: {help}");
    }
}
