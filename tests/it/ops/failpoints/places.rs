//! The scene that reaches each failpoint, and at which hit of the failpoint the process dies.

pub type Scene = &'static [(&'static str, u32)];

/// A service starts, at first with a broker without topics and a database without tables.
pub const BEGINNING: Scene = &[
    ("check.metadata", 1),
    ("check.told", 1),
    ("topics.greet", 1),
    ("topics.told", 1),
    ("topics.create", 1),
    ("topics.partitions", 1),
    ("migrate", 1),
    ("installation.keep", 1),
    ("installation.heads", 1),
    ("installation.groups", 1),
    ("installation.tables", 1),
];

/// The role intake, with a month of input in the topics.
pub const TAKING_IN: Scene = &[
    ("intake.subscribe", 1),
    ("assignment.watermarks", 3),
    ("offsets.begin", 1),
    ("assignment.assign", 1),
    ("intake.poll", 5),
    ("ingest.begin", 2),
    ("input_pause.wait", 2),
    ("ingest.commit", 2),
    ("intake.copy_offsets", 3),
];

/// The role intake, with a message after an offset gap that the database refuses: the input is read again.
pub const READING_AGAIN: Scene = &[("gaps.assign", 1), ("gaps.poll", 1), ("rewind.seek", 1)];

/// The role relay, with all events of a month in the outbox.
pub const DELIVERING: Scene = &[
    // The positions are compared with the ends of the topics.
    ("survey.metadata", 1),
    ("survey.watermarks", 1),
    ("lease.begin", 1),
    ("lease.commit", 1),
    ("relay.fence", 1),
    ("watermarks.metadata", 2),
    ("watermarks.fetch", 2),
    ("relay.begin", 1),
    ("produce.send", 7),
    ("produce.acknowledge", 1),
    ("relay.commit", 1),
    // From here on the output topics contain records.
    ("read.assign", 1),
    ("tail.poll", 1),
    ("confirm.begin", 1),
    ("confirm.commit", 1),
    ("rotate.begin", 1),
    ("rotate.commit", 1),
];

/// A service that receives a shutdown signal.
pub const ENDING: Scene = &[("assignment.unassign", 1), ("release.leave", 1), ("release.groups", 1)];

/// `close-month` of the first month.
pub const CLOSING: Scene = &[
    ("close_lock.take", 1),
    ("close_look.begin", 1),
    ("close_look.commit", 1),
    ("close_confirmed.begin", 1),
    ("close_confirmed.commit", 1),
    ("close_open.begin", 1),
    ("close_open.commit", 1),
    ("close_page.begin", 2),
    ("close_page.commit", 3),
    ("close_page.last_commit", 1),
    ("close_finish.begin", 1),
    ("close_finish.commit", 1),
];

/// `close-month --dry-run`.
pub const PLANNING: Scene = &[("plan_keep.begin", 1), ("plan_keep.commit", 1)];

/// `close-month --confirm DIGEST`.
pub const CONFIRMING: Scene =
    &[("input_pause.take", 1), ("close_compare.begin", 1), ("close_compare.commit", 1)];

/// The role month-end, when the variance check holds the next month.
pub const HOLDING: Scene = &[("hold.begin", 1), ("hold.commit", 1)];

/// `close-month`, with another month for each side, because the month is closed when the process dies.
pub const LETTING_GO: Scene = &[("close_lock.give", 1)];

/// `publish`, without a running service.
pub const PUBLISHING: Scene = &[
    ("produce.leaders", 1),
    ("produce.send", 5),
    ("produce.acknowledge", 1),
    // From here on the file is open, so the rows in its topic are looked up.
    ("file_rows.offsets", 1),
    ("produce.acknowledge", 2),
    ("follow.poll", 1),
];

/// `status`, with unread input.
pub const LAGGING: Scene =
    &[("ends.assign", 1), ("ends.poll", 1), ("fetch_check.assign", 1), ("fetch_check.poll", 1)];

/// `publish --rejects` of a file with invalid rows, with another file for each death.
pub const REJECTING: Scene = &[("rejects.create", 1), ("rejects.write", 2), ("rejects.finish", 1)];

/// `export`.
pub const EXPORTING: Scene =
    &[("export.folder", 1), ("export.create", 2), ("read.poll", 1), ("export.write", 3), ("export.flush", 1)];

/// `dead-letters replay --force` of two letters.
pub const REPLAYING: Scene = &[
    ("letters_change.begin", 1),
    ("letters_change.commit", 1),
    ("produce.send", 2),
    ("produce.acknowledge", 1),
];

/// `files end`.
pub const ENDING_A_FILE: Scene = &[("file_end.begin", 1), ("file_end.commit", 1)];

/// `recover` of a restored database that is older than its topics.
pub const RECOVERING: Scene = &[
    ("recover_adopt.begin", 1),
    ("recover_adopt.commit", 1),
    ("recover_ingest.begin", 1),
    ("recover_ingest.commit", 1),
    ("recover_page.begin", 1),
    ("recover_page.commit", 1),
    ("recover_end.begin", 1),
    ("recover_end.commit", 1),
];

/// `recover --confirm-lost TOPIC`.
pub const GIVING_UP: Scene = &[("recover.forget_ends", 1)];

/// `config adopt-installation`.
pub const ADOPTING: Scene = &[("installation.move", 1)];

/// `report`.
pub const SHOWING: Scene = &[("snapshot.begin", 1)];

/// A process that opens the store of pictures, stores one, sweeps what another left, and deletes the picture.
pub const STORING_PICTURES: Scene =
    &[("blobs.folder", 1), ("blobs.put", 1), ("blobs.unfinished", 1), ("blobs.delete", 1)];

/// The role portal, while a person signs in, opens a page, sends a form and signs out.
pub const VISITING: Scene = &[
    ("sign_in.forget", 1),
    ("sign_in.begin", 1),
    ("sign_in.take", 1),
    ("session.forget", 1),
    ("session.open", 1),
    ("session.resume", 1),
    ("scope.begin", 1),
    ("scope.commit", 2),
    ("staff_scope.begin", 1),
    ("staff_scope.commit", 1),
    ("submissions.begin", 1),
    ("submissions.commit", 1),
    ("session.end", 1),
];

/// The role portal, while a person writes an objection, sends a picture, and sends the objection: it dies at every
/// hit up to these.
pub const OBJECTING: Scene = &[("blobs.put", 1), ("scope.begin", 10), ("scope.commit", 6)];

/// The role portal, when it sweeps old drafts and pictures at its start.
pub const SWEEPING: Scene = &[
    ("blobs.folder", 1),
    ("sweep.begin", 1),
    ("sweep.commit", 1),
    ("blobs.delete", 1),
    ("blobs.unfinished", 1),
];

pub const SCENES: &[Scene] = &[
    BEGINNING,
    TAKING_IN,
    READING_AGAIN,
    DELIVERING,
    ENDING,
    CLOSING,
    PLANNING,
    CONFIRMING,
    HOLDING,
    LETTING_GO,
    PUBLISHING,
    LAGGING,
    REJECTING,
    EXPORTING,
    REPLAYING,
    ENDING_A_FILE,
    RECOVERING,
    GIVING_UP,
    SHOWING,
    ADOPTING,
    STORING_PICTURES,
    VISITING,
    OBJECTING,
    SWEEPING,
];
