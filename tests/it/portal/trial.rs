//! What `make up` prepares: an invented month, and people who can sign in.

use super::Installation;
use crate::harness::{Browser, TestApp, TestProvider};

/// Each login with a part of what its page says.
const SHOWN: [(&str, &str); 15] = [
    ("paid", "واریز شد"),
    ("sent", "به امور مالی فرستاده شد"),
    ("accepted", "پذیرفت"),
    ("returned", "بانک واریز را برگرداند"),
    ("approved", "همهٔ شرط‌ها را دارید"),
    ("account", "شبای حسابی به نام خودتان را نداریم"),
    ("mobile", "شمارهٔ همراهی به نام خودتان را نداریم"),
    ("wages", "فهرست دستمزد"),
    ("registry", "ثبت احوال"),
    ("days", "۷۱۹ روز بیمه دارید و قانون ۷۲۰ روز می‌خواهد"),
    ("ended", "کمک‌هزینه به شما تعلق نگرفت"),
    ("second", "کمک‌هزینه به شما تعلق نگرفت"),
    ("identity", "این پاسخ رد نیست"),
    ("review", "این پاسخ رد نیست"),
    ("nobody", "ثبت"),
];

/// The month of `make up`, loaded as it is there: each login that is printed sees what the list says.
#[test]
fn each_sign_in_of_a_trial_sees_what_the_list_says() {
    let mut app = TestApp::without_service("1404-08-01");
    let folder = app.dir.path().join("trial");
    let (trial, month) = (folder.to_str().unwrap().to_owned(), folder.join("month"));
    let own = app.run(&["demo", "--dir", &trial, "--sign-ins", &trial]);
    let error = String::from_utf8_lossy(&own.stderr);
    assert!(
        error.contains("cannot be used with"),
        "real people never get a provider without passwords: {error}"
    );
    app.text(&["demo", "--marriages", "400", "--out", month.to_str().unwrap(), "--sign-ins", &trial]);
    let list = std::fs::read_to_string(folder.join("sign-ins.txt")).unwrap();
    let logins: Vec<_> = list.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(logins, SHOWN.map(|(login, _)| login));
    assert!(list.contains("refused; too few days (719 of 720)"), "{list}");

    let people = folder.join("people.json");
    let variables = [("OIDC_PEOPLE_FILE", people.to_str().unwrap()), ("OIDC_ANY_CODE", "1")];
    let provider = TestProvider::with(&mut app, &variables);
    let home = Installation::with_provider(app, "", provider);
    for (login, text) in SHOWN {
        let my = home.browser().sign_in(login, "/my");
        assert!(my.status == 200 && my.body.contains(text), "{login} lacks {text}: {}", my.body);
    }
    let staff = home.browser().sign_in("officer", "/sign-in?as=staff");
    assert!(staff.body.contains("کارشناس شعبه"), "{}", staff.body);
    any_code_of_the_month(&home, &people);
    home.app.finish();
}

/// `make demo` names national codes as logins.
fn any_code_of_the_month(home: &Installation, people: &std::path::Path) {
    let people: serde_json::Value = serde_json::from_slice(&std::fs::read(people).unwrap()).unwrap();
    let code = people["paid"]["national_code"].as_str().unwrap();
    let my = Browser::new(&home.origin).sign_in(code, "/my");
    assert!(my.body.contains("واریز شد"), "{}", my.body);
}
