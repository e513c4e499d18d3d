//! Facts that a later record removes (`taken_back`). The dossier stores the offset of that record, so a replayed older
//! record does not restore the fact.

use super::file_tally::Disposition;
use crate::claim::person::{TakenBack, TakenBackKey};

/// A fact that a record contains or removes.
pub struct RevocableFact {
    pub key: TakenBackKey,
    pub source_offset: i64,
    pub is_replay: bool,
}

impl RevocableFact {
    /// Removes the fact of this key from `facts`, and remembers that it is gone. `facts` are sorted by `key`.
    pub fn take_back<T, K: Ord>(
        self,
        taken_back: &mut Vec<TakenBack>,
        facts: &mut Vec<T>,
        wanted: &K,
        key: impl Fn(&T) -> K,
        source_offset: impl Fn(&T) -> i64,
    ) -> Disposition {
        let disposition = match facts.binary_search_by(|fact| key(fact).cmp(wanted)) {
            Ok(place) if self.is_replay && self.source_offset < source_offset(&facts[place]) => {
                return Disposition::Unchanged;
            }
            Ok(place) => {
                facts.remove(place);
                Disposition::Corrected
            }
            Err(_) if place_of(taken_back, &self.key).is_ok() => Disposition::Unchanged,
            Err(_) => Disposition::Accepted,
        };
        self.remember(taken_back);
        disposition
    }

    /// Puts the fact with `put`, unless a newer record took it back.
    pub fn put(self, taken_back: &mut Vec<TakenBack>, put: impl FnOnce() -> Disposition) -> Disposition {
        let Ok(place) = place_of(taken_back, &self.key) else {
            return put();
        };
        if self.is_replay && self.source_offset < taken_back[place].source_offset {
            return Disposition::Unchanged;
        }
        taken_back.remove(place);
        put();
        // The key was known, with other content.
        Disposition::Corrected
    }

    fn remember(self, taken_back: &mut Vec<TakenBack>) {
        match place_of(taken_back, &self.key) {
            Ok(place) if self.is_replay && self.source_offset < taken_back[place].source_offset => {}
            Ok(place) => taken_back[place].source_offset = self.source_offset,
            Err(place) => {
                taken_back.insert(place, TakenBack { key: self.key, source_offset: self.source_offset });
            }
        }
    }
}

fn place_of(taken_back: &[TakenBack], key: &TakenBackKey) -> Result<usize, usize> {
    taken_back.binary_search_by(|gone| gone.key.cmp(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts of one key, as source offsets, and what was taken back.
    #[derive(Default)]
    struct Stored {
        facts: Vec<i64>,
        taken_back: Vec<TakenBack>,
    }

    impl Stored {
        fn fact(source_offset: i64, is_replay: bool) -> RevocableFact {
            let key = TakenBackKey::EarlierPayment("1400-01-01".parse().unwrap(), "branch".to_owned());
            RevocableFact { key, source_offset, is_replay }
        }

        fn put(&mut self, offset: i64, is_replay: bool) -> Disposition {
            let facts = &mut self.facts;
            Self::fact(offset, is_replay).put(&mut self.taken_back, || {
                *facts = vec![offset];
                Disposition::Accepted
            })
        }

        fn take_back(&mut self, offset: i64, is_replay: bool) -> Disposition {
            let (gone, facts) = (&mut self.taken_back, &mut self.facts);
            Self::fact(offset, is_replay).take_back(gone, facts, &(), |_| (), |fact| *fact)
        }
    }

    #[test]
    fn what_was_taken_back_is_gone_until_a_newer_record() {
        let mut stored = Stored::default();
        assert_eq!(stored.put(3, false), Disposition::Accepted);
        assert_eq!(stored.take_back(5, false), Disposition::Corrected);
        assert!(stored.facts.is_empty());
        assert_eq!(stored.take_back(6, false), Disposition::Unchanged, "it was gone already");
        assert_eq!(stored.put(7, false), Disposition::Corrected);
        assert_eq!((stored.facts.as_slice(), stored.taken_back.len()), ([7].as_slice(), 0));
    }

    #[test]
    fn an_older_record_that_is_replayed_does_not_bring_it_back() {
        let mut stored = Stored::default();
        assert_eq!(stored.take_back(5, false), Disposition::Accepted);
        assert_eq!(stored.put(4, true), Disposition::Unchanged);
        assert_eq!(stored.take_back(3, true), Disposition::Unchanged);
        assert_eq!(stored.put(4, true), Disposition::Unchanged, "the newest offset is remembered");
        assert!(stored.facts.is_empty());
        assert_eq!(stored.put(6, true), Disposition::Corrected);
        assert_eq!(stored.take_back(5, true), Disposition::Unchanged, "the fact is newer");
        assert_eq!(stored.facts, [6]);
    }
}
