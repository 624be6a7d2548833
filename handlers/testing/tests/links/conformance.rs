//! The services in memory, held to what holds of AWS's.

use runtime::ObjectStore;
use testing::conformance;
use testing::{FakeCounter, FakeObjectStore, FakeQueue, FakeSecret, FakeTable, FakeTopic, Reading};

#[tokio::test]
async fn tables() {
    let table = FakeTable::default();
    conformance::records(&table.records(), "records").await;
    conformance::archives(&table.archive(), &table.records(), "archive").await;
    conformance::missing_table(&FakeTable::broken().records()).await;
}

#[tokio::test]
async fn claims() {
    conformance::claims(&FakeTable::default().claims(), "claims").await;
}

#[tokio::test]
async fn counters() {
    conformance::counters(&FakeCounter::default().counter(), "counters").await;
}

#[tokio::test]
async fn queues() {
    let queue = FakeQueue::default();
    conformance::queues(&queue.queue(), async || queue.take()).await;
}

#[tokio::test]
async fn topics() {
    let topic = FakeTopic::default();
    conformance::topics(&topic.topic(), async || topic.take()).await;
}

#[tokio::test]
async fn secrets() {
    let secret = FakeSecret::default();
    let put = async |text: Option<&str>| secret.put(text.map_or(Reading::NoText, |text| Reading::Text(text.into())));
    conformance::secrets(|| secret.secret(), put).await;
    secret.put(Reading::Missing);
    conformance::missing_secret(&secret.secret()).await;
}

#[tokio::test]
async fn objects() {
    let store = FakeObjectStore::default();
    let below: ObjectStore = store.below("target/");
    let read = async |name: &str| store.objects().get(&format!("target/{name}")).cloned();
    conformance::objects(&below, read).await;
}
