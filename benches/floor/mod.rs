//! The floor: the throughput of the broker and the database on this machine without any work in between.

use std::time::{Duration, Instant};

use peyvand::app::AppContext;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

const PARTITIONS: i32 = 8;
const BATCH: usize = 5_000;

/// Returns events per second, from the first fetched batch to the last acknowledged one.
pub async fn measure(brokers: &str, ctx: &AppContext, events: u32) -> f64 {
    let run = uuid::Uuid::new_v4().simple().to_string();
    let (from, to) = (format!("floor-in-{run}"), format!("floor-out-{run}"));
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    let admin: AdminClient<DefaultClientContext> = config.create().unwrap();
    let topics = [&from, &to].map(|name| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1)));
    admin.create_topics(&topics, &AdminOptions::new()).await.unwrap();
    sqlx::query("CREATE TABLE IF NOT EXISTS floor (id bigint, body bytea)").execute(&ctx.pool).await.unwrap();
    sqlx::query("TRUNCATE floor").execute(&ctx.pool).await.unwrap();
    let producer = producer(&config);
    fill(&producer, &from, events);
    let seconds = pass(&config, &producer, ctx, &from, &to, events).await;
    sqlx::query("DROP TABLE floor").execute(&ctx.pool).await.unwrap();
    admin.delete_topics(&[from.as_str(), to.as_str()], &AdminOptions::new()).await.unwrap();
    f64::from(events) / seconds
}

fn producer(config: &ClientConfig) -> ThreadedProducer<DefaultProducerContext> {
    let mut config = config.clone();
    config.set("enable.idempotence", "true").set("compression.type", "lz4").set("linger.ms", "5");
    config.create().unwrap()
}

fn fill(producer: &ThreadedProducer<DefaultProducerContext>, topic: &str, events: u32) {
    // Varying digits, so that the body does not compress to almost nothing.
    for number in 0..events {
        let body: String = (0..100_u32)
            .map(|i| format!("{:07}", number.wrapping_mul(2_654_435_761).wrapping_add(i * 7919) % 9_999_991))
            .collect();
        send(producer, topic, body.as_bytes(), i32::try_from(number).unwrap() % PARTITIONS);
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

fn send(producer: &ThreadedProducer<DefaultProducerContext>, topic: &str, body: &[u8], partition: i32) {
    let mut record: BaseRecord<'_, (), [u8]> = BaseRecord::to(topic).payload(body).partition(partition);
    while let Err((_, unsent)) = producer.send(record) {
        record = unsent;
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Fetches the next batch while the current one commits, as the consumer does.
async fn pass(
    config: &ClientConfig,
    producer: &ThreadedProducer<DefaultProducerContext>,
    ctx: &AppContext,
    from: &str,
    to: &str,
    events: u32,
) -> f64 {
    let (send_batch, mut batches) = mpsc::channel::<Vec<Vec<u8>>>(1);
    let mut consuming = config.clone();
    consuming.set("group.id", "floor").set("enable.auto.commit", "false");
    let consumer: BaseConsumer = consuming.create().unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(from, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let wanted = events as usize;
    let polling = std::thread::spawn(move || {
        let (mut batch, mut read) = (Vec::with_capacity(BATCH), 0);
        while read < wanted {
            if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
                batch.push(message.payload().unwrap().to_vec());
                read += 1;
            }
            if batch.len() == BATCH || read == wanted {
                send_batch.blocking_send(std::mem::take(&mut batch)).unwrap();
            }
        }
    });
    let mut began = None;
    while let Some(batch) = batches.recv().await {
        began.get_or_insert_with(Instant::now);
        copy(ctx, &batch).await;
        for (index, body) in batch.iter().enumerate() {
            send(producer, to, body, i32::try_from(index).unwrap() % PARTITIONS);
        }
        while producer.in_flight_count() > 0 {
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }
    polling.join().unwrap();
    began.unwrap().elapsed().as_secs_f64()
}

async fn copy(ctx: &AppContext, batch: &[Vec<u8>]) {
    let mut tx = ctx.pool.begin().await.unwrap();
    let mut copy = tx.copy_in_raw("COPY floor FROM STDIN (FORMAT binary)").await.unwrap();
    let mut bytes = Vec::with_capacity(batch.len() * 730);
    bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for (id, body) in batch.iter().enumerate() {
        bytes.extend_from_slice(&2_i16.to_be_bytes());
        bytes.extend_from_slice(&8_i32.to_be_bytes());
        bytes.extend_from_slice(&i64::try_from(id).unwrap().to_be_bytes());
        bytes.extend_from_slice(&i32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(body);
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    copy.send(bytes).await.unwrap();
    copy.finish().await.unwrap();
    tx.commit().await.unwrap();
}
