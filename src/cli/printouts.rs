//! `peyvand completions` and `peyvand man`: texts from the definition of the command line. They need no settings.

use clap_complete::Shell;
use clap_mangen::Man;

use super::arguments::{Printout, definition};
use super::{Error, Result};
use crate::terminal::show;

const NAME: &str = "peyvand";

pub fn print(printout: &Printout) -> Result<()> {
    let text = match printout {
        Printout::Completions { shell } => completions(*shell),
        Printout::Man { command } => man_page(command)?,
    };
    show(&String::from_utf8_lossy(&text));
    Ok(())
}

fn completions(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definition(), NAME, &mut text);
    text
}

/// The page of the command with this path, or of the program.
fn man_page(path: &[String]) -> Result<Vec<u8>> {
    let mut page = definition().disable_help_subcommand(true);
    page.build();
    for name in path {
        page = subcommand(&page, name)?;
    }
    if !path.is_empty() {
        // The settings are the same for every command, and the page of the program describes them.
        page = page
            .mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg })
            .after_help("peyvand(1) describes the settings, --config and --json.");
    }
    let mut text = Vec::new();
    Man::new(page).manual("Peyvand").render(&mut text)?;
    Ok(text)
}

fn subcommand(of: &clap::Command, name: &str) -> Result<clap::Command> {
    of.find_subcommand(name).cloned().ok_or_else(|| {
        let known: Vec<_> = of.get_subcommands().map(clap::Command::get_name).collect();
        let place = of.get_bin_name().unwrap_or(NAME);
        let problem = if known.is_empty() {
            format!("`{place}` has no commands of its own: drop \"{name}\"")
        } else {
            format!("`{place}` has no command \"{name}\": it has {}", known.join(", "))
        };
        Error::WrongUse(problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    /// The paths of all commands, without `peyvand`.
    fn paths(of: &clap::Command, front: &[String], into: &mut Vec<Vec<String>>) {
        for command in of.get_subcommands() {
            let path = [front, &[command.get_name().to_owned()]].concat();
            paths(command, &path, into);
            into.push(path);
        }
    }

    fn all_paths() -> Vec<Vec<String>> {
        let mut all = Vec::new();
        paths(&definition(), &[], &mut all);
        assert!(all.len() > 20, "{all:?}");
        all
    }

    fn man(path: &[String]) -> String {
        // A hyphen and a full stop at the start of a line are escaped in the format.
        String::from_utf8(man_page(path).unwrap()).unwrap().replace("\\-", "-").replace("\\&", "")
    }

    #[test]
    fn the_completions_of_each_shell_name_every_command_and_every_setting() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let text = String::from_utf8(completions(shell)).unwrap();
            for path in all_paths() {
                assert!(text.contains(path.last().unwrap()), "{shell}: {path:?}");
            }
            for key in config::keys() {
                let flag = key.name.replace('_', "-");
                let written = if shell == Shell::Fish { format!("-l {flag} ") } else { format!("--{flag}") };
                assert!(text.contains(&written), "{shell}: {written}");
            }
        }
    }

    #[test]
    fn the_man_pages_name_every_command_and_every_setting() {
        let program = man(&[]);
        for key in config::keys() {
            for part in
                [format!("--{}", key.name.replace('_', "-")), format!("[variable: {}]", key.variable())]
            {
                assert!(program.contains(&part), "{part}");
            }
        }
        for path in all_paths() {
            let (above, name) = path.split_at(path.len() - 1);
            let listed = format!("peyvand-{}(1)", path.join("-"));
            assert!(man(above).contains(&listed), "the page of {above:?} lacks {name:?}");
            let page = man(&path);
            assert!(page.contains(&format!("peyvand-{} - ", path.join("-"))), "{page}");
            assert!(!page.contains("--database-url"), "{page}");
        }
    }

    #[test]
    fn a_man_page_has_the_flags_of_its_command() {
        let page = man(&["dead-letters".to_owned(), "replay".to_owned()]);
        for part in ["--dry-run", "peyvand-dead-letters-replay", "peyvand(1) describes the settings"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let unknown = man_page(&["files".to_owned(), "begin".to_owned()]).unwrap_err().to_string();
        assert!(unknown.contains("\"begin\"") && unknown.contains("list, end"), "{unknown}");
    }

    #[test]
    fn the_help_of_a_setting_has_default_variable_and_form() {
        let help = definition().render_long_help().to_string();
        let words: Vec<_> = help.split_whitespace().collect();
        let help = words.join(" ");
        for key in config::keys() {
            let default = if key.default.is_empty() {
                "[no default]".to_owned()
            } else {
                format!("[default: {}]", key.default)
            };
            let details = format!("{default} [variable: {}] [form: {}]", key.variable(), key.expected);
            assert!(help.contains(&details), "--help lacks {details}");
        }
    }
}
