//! Every test beyond one module, in one binary. Those with a `TestApp` want a broker and a database: `make test`.

mod app;
mod law_cases;
mod law_properties;
mod schemas;
