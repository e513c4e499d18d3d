//! The number of partitions of a topic, and the partition of a key, computed as Java clients compute it.

use super::{RawRecord, Topic};

/// The numbers of partitions of an installation's topics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionCounts {
    setting: u16,
}

impl PartitionCounts {
    /// `setting` is the value of `topic_partitions`.
    pub fn new(setting: u16) -> Self {
        Self { setting }
    }

    /// The number of partitions of `topic`. A topic with one partition in `schemas/topics.json` has one in every
    /// installation.
    pub fn of(self, topic: Topic) -> i32 {
        if topic.spec().partitions == 1 { 1 } else { i32::from(self.setting) }
    }
}

/// The partition of a key among `partitions` (at least one), as Java clients select it.
#[expect(clippy::cast_possible_wrap, reason = "Java's murmur2 is a signed 32-bit number")]
pub fn partition_for(key: &[u8], partitions: i32) -> i32 {
    let positive = (murmur2(key) & 0x7fff_ffff) as i32;
    positive % partitions.max(1)
}

/// The partition in which the record belongs, if it is in another one. A record without a key belongs to none.
pub fn right_partition(record: &RawRecord<'_>, counts: PartitionCounts) -> Option<i32> {
    let wanted = partition_for(record.key?, counts.of(record.topic));
    (wanted != record.partition).then_some(wanted)
}

/// The hash of `org.apache.kafka.common.utils.Utils.murmur2`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the hash is over the length modulo 2^32; keys are short"
)]
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash: u32 = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in words.by_ref() {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_applies_to_topics_with_more_than_one_partition() {
        let three = PartitionCounts::new(3);
        assert_eq!(three.of(Topic::InsuredRecords), 3);
        assert_eq!(three.of(Topic::DeadLetters), 1);
    }

    fn right(key: Option<&'static [u8]>, partition: i32, setting: u16) -> Option<i32> {
        let record = RawRecord {
            topic: Topic::InsuredRecords,
            partition,
            offset: 0,
            timestamp_ms: None,
            key,
            headers: Vec::new(),
            value: None,
        };
        right_partition(&record, PartitionCounts::new(setting))
    }

    #[test]
    fn a_record_in_another_partition_than_that_of_its_key_is_found() {
        let own = partition_for(b"0012345679", 8);
        assert_eq!(right(Some(b"0012345679"), own, 8), None);
        assert_eq!(right(Some(b"0012345679"), (own + 1) % 8, 8), Some(own));
        assert_eq!(right(None, 3, 8), None);
        assert_eq!(right(Some(b"0012345679"), 0, 1), None);
    }

    /// The test vectors of Kafka's `UtilsTest.testMurmur2`.
    #[test]
    #[expect(clippy::cast_sign_loss, reason = "Java writes them signed")]
    fn murmur2_matches_java() {
        for (text, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()), hash as u32, "{text}");
        }
        assert_eq!(partition_for(b"21", 8), (-973_932_308_i32 & 0x7fff_ffff) % 8);
        assert_eq!(partition_for(b"", 1), 0);
    }
}
