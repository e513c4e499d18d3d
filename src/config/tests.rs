use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn load(
    file: Option<&str>,
    env: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<LoadedSettings, Vec<ConfigError>> {
    let flags: BTreeMap<_, _> = pairs(flags).into_iter().collect();
    Settings::load_from(&flags, file.map(|text| (PathBuf::from("p.toml"), text.to_owned())), pairs(env))
}

fn row(loaded: &LoadedSettings, key: &str) -> SettingRow {
    loaded.describe().into_iter().find(|row| row.key == key).unwrap()
}

#[test]
fn the_defaults_are_valid() {
    let settings = load(None, &[], &[]).unwrap().settings;
    assert_eq!(settings.batch_bytes, 8 << 20);
    assert_eq!(settings.relay_page_bytes, 512 << 10);
    assert_eq!(settings.roles.len(), 4);
    assert_eq!(settings.today, None);
    assert!(settings.provision);
    assert!(settings.installation_secret.is_none());
}

#[test]
fn a_later_layer_overrides_an_earlier_one_and_is_shown_as_origin() {
    let file = "batch_events = 10\nbatch_wait_ms = 20\noutbox_groups = 2\nroles = ['intake', 'relay']\n";
    let env = [("PEYVAND_BATCH_WAIT_MS", "30"), ("PEYVAND_OUTBOX_GROUPS", "3"), ("HOME", "/x")];
    let loaded = load(Some(file), &env, &[("outbox-groups", "5")]).unwrap();
    let settings = &loaded.settings;
    assert_eq!((settings.batch_events, settings.batch_wait_ms, settings.outbox_groups), (10, 30, 5));
    assert_eq!(settings.roles, [Role::Intake, Role::Relay].into());
    assert_eq!(row(&loaded, "batch_events").origin, "file p.toml");
    assert_eq!(row(&loaded, "batch_wait_ms").origin, "environment PEYVAND_BATCH_WAIT_MS");
    assert_eq!(row(&loaded, "outbox_groups").origin, "flag");
    assert_eq!(row(&loaded, "log").origin, "default");
}

#[test]
fn all_errors_are_reported_at_once() {
    let file = "batch_evnts = 10\nhttp_listen = 'here'\nlog = ['a', 1]\n";
    let env =
        [("PEYVAND_ROLES", "intake,cook"), ("PEYVAND_TODAYY", "1404-08-01"), ("PEYVAND_TODAY", "1404-13-01")];
    let errors = load(Some(file), &env, &[("stop-timeout-s", "soon")]).unwrap_err();
    let text = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(errors.len(), 7, "{text}");
    assert!(
        text.contains("`batch_evnts` (file p.toml): expected a known setting; did you mean `batch_events`?"),
        "{text}"
    );
    assert!(text.contains("did you mean `PEYVAND_TODAY`?"), "{text}");
    assert!(text.contains("`--stop-timeout-s` (flag) is \"soon\": expected seconds from 1 to 300"), "{text}");
    assert!(text.contains("(environment PEYVAND_ROLES) is \"intake,cook\""), "{text}");
}

#[test]
fn librdkafka_properties_are_passed_on_from_every_layer() {
    let file = "[kafka]\n\"security.protocol\" = 'SASL_SSL'\nsasl.username = 'u'\nsocket.timeout.ms = 1000\n";
    let env = [("PEYVAND_KAFKA_PROPERTY_SASL_PASSWORD", "hush-hush")];
    let loaded = load(Some(file), &env, &[("kafka.sasl.username", "w")]).unwrap();
    let actual: Vec<_> =
        loaded.settings.kafka_properties.iter().map(|(k, v)| (k.as_str(), v.expose())).collect();
    let expected = [
        ("sasl.password", "hush-hush"),
        ("sasl.username", "w"),
        ("security.protocol", "SASL_SSL"),
        ("socket.timeout.ms", "1000"),
    ];
    assert_eq!(actual, expected);
    assert_eq!(row(&loaded, "kafka.sasl.password").value, "(hidden)");
    assert_eq!(row(&loaded, "kafka.security.protocol").value, "SASL_SSL");
}

#[test]
fn a_property_that_is_not_listed_is_refused_by_name_in_every_layer() {
    let file = "[kafka]\n\"plugin.library.paths\" = '/tmp/evil.so'\n";
    let env = [
        ("PEYVAND_KAFKA_PROPERTY_ACKS", "0"),
        ("PEYVAND_KAFKA_PROPERTY_SSL_ENGINE_LOCATION", "/tmp/evil.so"),
    ];
    let flags = [("kafka.enable.ssl.certificate.verification", "false"), ("kafka.no.such", "1")];
    let errors = load(Some(file), &env, &flags).unwrap_err();
    let named: std::collections::BTreeSet<_> = errors.iter().map(|error| error.key.as_str()).collect();
    let expected = [
        "kafka.acks",
        "kafka.enable.ssl.certificate.verification",
        "kafka.no.such",
        "kafka.plugin.library.paths",
        "kafka.ssl.engine.location",
    ];
    assert_eq!(named.into_iter().collect::<Vec<_>>(), expected);
}

fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn secrets_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://me:swordfish@db:5432/p";
    let files = [
        write(&folder, "url", &format!("{url}\n")),
        write(&folder, "secret", "0123456789abcdef\r\n"),
        write(&folder, "pass", "sword fish"),
    ];
    let env = [
        ("PEYVAND_DATABASE_URL_FILE", files[0].as_str()),
        ("PEYVAND_INSTALLATION_SECRET_FILE", &files[1]),
        ("PEYVAND_KAFKA_PROPERTY_SASL_PASSWORD_FILE", &files[2]),
        // A property of librdkafka whose own name ends like this.
        ("PEYVAND_KAFKA_PROPERTY_SASL_OAUTHBEARER_ASSERTION_FILE", "/run/token"),
        ("PEYVAND_TABLES_FILE", "/tables.toml"),
    ];
    let loaded = load(None, &env, &[]).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.database_url.expose(), url);
    assert_eq!(settings.installation_secret.as_ref().unwrap().expose(), "0123456789abcdef");
    assert_eq!(settings.kafka_properties["sasl.password"].expose(), "sword fish");
    assert_eq!(settings.kafka_properties["sasl.oauthbearer.assertion.file"].expose(), "/run/token");
    assert_eq!(row(&loaded, "database_url").origin, "environment PEYVAND_DATABASE_URL_FILE");
    assert_eq!(row(&loaded, "kafka.sasl.password").value, "(hidden)");

    let empty = write(&folder, "empty", "\n");
    for (name, file, why) in [
        ("PEYVAND_DATABASE_URL_FILE", "/no/such/file", "a readable file: /no/such/file"),
        ("PEYVAND_DATABASE_URL_FILE", &empty, "is empty"),
        ("PEYVAND_LOG_FILE", "/x", "a known setting"),
    ] {
        let errors = load(None, &[(name, file)], &[]).unwrap_err();
        assert!(errors.len() == 1 && errors[0].to_string().contains(why), "{errors:?}");
    }
    let both = [("PEYVAND_DATABASE_URL_FILE", files[0].as_str()), ("PEYVAND_DATABASE_URL", url)];
    let error = load(None, &both, &[]).unwrap_err()[0].to_string();
    assert!(error.contains("only one of PEYVAND_DATABASE_URL and PEYVAND_DATABASE_URL_FILE"), "{error}");
    assert!(!error.contains("swordfish"));
}

#[test]
fn a_file_that_nobody_named_is_not_read() {
    let named = layers::find_file(None, &pairs(&[("PEYVAND_CONFIG", "/etc/p.toml")]));
    assert_eq!(named, Some(PathBuf::from("/etc/p.toml")));
    let given =
        layers::find_file(Some(std::path::Path::new("given.toml")), &pairs(&[("PEYVAND_CONFIG", "/x")]));
    assert_eq!(given, Some(PathBuf::from("given.toml")));
    assert_eq!(layers::find_file(None, &pairs(&[("PEYVAND_CONFIG", "")])), None);
}

#[test]
fn secrets_stay_secret() {
    let secret = "0123456789abcdef0123";
    let env = [
        ("PEYVAND_DATABASE_URL", "postgres://me:swordfish@db:5432/p?sslmode=require&sslpassword=swordfish"),
        ("PEYVAND_INSTALLATION_SECRET", secret),
    ];
    let loaded = load(None, &env, &[]).unwrap();
    assert_eq!(
        row(&loaded, "database_url").value,
        "postgres://me:(hidden)@db:5432/p?sslmode=require&sslpassword=(hidden)"
    );
    assert_eq!(loaded.settings.installation_secret.as_ref().unwrap().expose(), secret);
    let shown = format!("{:?}{:?}{:?}", loaded.describe(), loaded.settings, loaded.settings.database_url);
    assert!(!shown.contains("swordfish") && !shown.contains(secret));

    let bad = [("PEYVAND_DATABASE_URL", "me:swordfish@db"), ("PEYVAND_INSTALLATION_SECRET", "swordfish")];
    let text = format!("{:?}", load(None, &bad, &[]).unwrap_err());
    assert!(!text.contains("swordfish"), "{text}");
    let text = format!("{:?}", load(Some("installation_secret = swordfish\n"), &[], &[]).unwrap_err());
    assert!(!text.contains("swordfish") && text.contains("line 1"), "{text}");
}

#[test]
fn unrelated_variables_are_ignored() {
    let env = [
        ("PEYVAND_CONFIG", "x"),
        ("PEYVAND_TEST_BROKER", "x"),
        ("PEYVAND_SERVICE_HOST", "10.0.0.1"),
        ("PEYVAND_API_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("PEYVAND_PORT", "tcp://10.0.0.1:8080"),
    ];
    assert!(load(None, &env, &[]).is_ok());
}

#[test]
fn the_table_contains_every_setting() {
    let page = settings_markdown();
    assert!(keys().iter().all(|key| page.contains(&format!("`{}`", key.name))));
    assert!(page.lines().all(|line| line.starts_with('|') && line.ends_with('|')));
}
