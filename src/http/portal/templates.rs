//! The layout of the pages: Persian, right to left, without scripts or inline styles. Askama escapes every value.

use askama::Template;

/// A complete page around its content.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="fa" dir="rtl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} - کمک‌هزینهٔ ازدواج</title>
</head>
<body>
<main id="content">
<h1>{{ title }}</h1>
{{ content|safe }}
</main>
<footer>
<p>ما هیچ‌گاه شمارهٔ کارت بانکی یا رمز شما را نمی‌پرسیم.</p>
</footer>
</body>
</html>
"#
)]
struct Page<'a> {
    title: &'a str,
    content: String,
}

/// Renders a page. Its content is a template, so its values are escaped.
pub fn page(title: &str, content: &impl Template) -> Result<String, askama::Error> {
    Page { title, content: content.render()? }.render()
}
