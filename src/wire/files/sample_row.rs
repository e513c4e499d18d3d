//! A valid row of each kind of file. `tests/it/contract/file_faults` compiles this file, too, so it uses no other module.

/// The fields of a row of the kind with this name, in the order of its columns. `id` is the row's own id, and the national
/// codes are those of two persons.
pub fn sample_row<'a>(kind: &str, id: &'a str, husband: &'a str, wife: &'a str) -> Vec<&'a str> {
    match kind {
        "marriages" => vec![
            id,
            "1",
            "registered",
            "1404-07-15",
            "1404-07-20",
            "marriage_office",
            "00123",
            "77",
            "permanent",
            husband,
            "رضا",
            "کیانی",
            "1375-12-30",
            "0",
            wife,
            "سارا",
            "احمدی",
            "1380-01-31",
            "0",
        ],
        "persons" => vec![
            husband,
            "12345678",
            "رضا",
            "کیانی",
            "1375-12-30",
            "",
            "0123",
            "08",
            "IR820540102680020817909002",
            "yes",
            "09120000000",
            "",
        ],
        "employments" => vec![husband, "0000012345", "compulsory", "1398-04-26", ""],
        "wages" => vec![husband, "1403-12", "0000012345", "sick_pay", "31", "103909680"],
        "earlier-payments" => vec![husband, "1399-02-01", "18354270", "branch 0123"],
        "self-registrations" => {
            vec![id, "2025-10-07T12:00:00+03:30", husband, wife, "1404-07-15", "true"]
        }
        "payment-outcomes" => vec![id, "returned", "AC04", "2025-11-01T09:00:00Z"],
        "delivery-reports" => vec![id, "delivered", "2025-11-01T09:00:00Z"],
        _ => panic!("{kind} is no kind of file"),
    }
}
