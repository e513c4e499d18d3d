//! A person's own file through server, provider and database.

use super::Installation;
use crate::fixtures::population::{document_id, finance, married};
use crate::harness::{Browser, TestApp};

/// An installation in which `married1` is paid, and the document of `married2` is at finance.
pub(super) fn with_paid() -> Installation {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..3);
    app.close("1404-07");
    let issued = app.documents();
    app.set_today("1404-08-05");
    finance(&mut app, &[(&document_id(&issued, &people[0], 1), "paid", "", "09:00:00")]);
    app.settle();
    Installation::open(app, "", false)
}

/// The paths of the person's claim, as the page `/my` links to them.
fn links(my: &str) -> Vec<String> {
    let found = my.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut links: Vec<_> = found.filter(|link| link.starts_with("/my/claims/")).map(str::to_owned).collect();
    links.sort();
    links
}

/// "whether the allowance comes, how much, when, or exactly why not and what to do"
#[test]
fn a_person_reads_the_answer_its_conditions_its_sum_and_its_letter() {
    let home = with_paid();
    let mut browser = home.browser();
    let my = browser.sign_in("married1", "/my");
    assert_eq!((my.status, my.url.as_str()), (200, format!("{}/my", home.origin).as_str()));
    for shown in ["واریز شد", "۱۰۳٬۹۰۹٬۶۸۰ ریال", "۱۰٬۳۹۰٬۹۶۸ تومان", "ازدواج ۲۰ مرداد ۱۴۰۴"]
    {
        assert!(my.body.contains(shown), "{shown}: {}", my.body);
    }
    let links = links(&my.body);
    assert_eq!(links.len(), 3, "{links:?}");
    let [claim, letter, sum] = [&links[0], &links[1], &links[2]].map(|link| browser.get(link));
    assert!(claim.body.contains("۱۷ شرط از ۱۷ شرط را دارید"), "{}", claim.body);
    assert!(sum.body.contains("دوباره انجام شد و همان شد") && sum.body.contains("۱۰۳٬۹۰۹٬۶۸۰"));
    assert!(letter.body.contains("۱۰۳٬۹۰۹٬۶۸۰ ریال"), "{}", letter.body);

    // Another person has another answer, and finds nothing at these addresses.
    let mut other = home.signed_in("married2");
    assert!(other.get("/my").body.contains("فرستاده شد"));
    for path in &links {
        let unknown = path.replace(path.split('/').nth(3).unwrap(), "00000000-0000-4000-8000-000000000000");
        let [theirs, nobodys] = [other.get(path), other.get(&unknown)];
        assert_eq!((theirs.status, nobodys.status, theirs.body == nobodys.body), (404, 404, true), "{path}");
    }
    assert_eq!(other.get("/my/claims/x").status, 404);
    recorded(&home, &mut browser);
    home.app.finish();
}

/// "each view is recorded": as the person sees it, and in the database.
fn recorded(home: &Installation, browser: &mut Browser) {
    let views = browser.get("/my/views").body;
    assert!(views.contains("خودتان، ۵ بار"), "{views}");
    assert!(views.contains("۵ آبان ۱۴۰۴"), "{views}");
    let rows = home.app.query(
        "SELECT page, count(*)::text FROM file_views v JOIN documents d ON d.person = v.person
         WHERE d.document_id IN (SELECT document_id FROM payment_outcomes) GROUP BY page ORDER BY page",
    );
    assert_eq!(rows, [["claim", "1"], ["letter", "1"], ["my", "1"], ["sum", "1"], ["views", "1"]]);
}

#[test]
fn assets_are_kept_and_the_same_for_everybody() {
    let home = Installation::start("");
    let page = home.browser().get("/").body;
    let mut seen = 0;
    for link in page.split(['"']).filter(|part| part.starts_with("/assets/")) {
        let asset = home.browser().get(link);
        assert_eq!(asset.status, 200, "{link}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
        seen += 1;
    }
    assert_eq!(seen, 4, "{page}");
    let icon = home.browser().get("/favicon.ico");
    assert_eq!((icon.status, icon.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(home.browser().get("/assets/page.css").status, 404);
    home.app.finish();
}
