//! (being written)
use super::Result;
use crate::ident::NationalCode;
use crate::work::House;
pub async fn run(_: &House, _: NationalCode, _: bool) -> Result<bool> { Ok(false) }
pub async fn three_lines(_: &House, _: NationalCode) -> Result<Vec<String>> { Ok(Vec::new()) }
