//! Objects that are written in place of what was seen.

use runtime::{Bytes, Failure, KnownObject, Object, ObjectStore, Written};

const MIB: usize = 1024 * 1024;

/// Writes objects of one part and of several; `read` yields the content below the store's prefix, if there is one.
pub async fn objects(store: &ObjectStore, read: impl AsyncFn(&str) -> Option<Vec<u8>>) {
    for (name, n_bytes) in [("empty", 0), ("資料/small +%20", 3), ("large", 9 * MIB)] {
        assert_eq!((store.find(name).await, read(name).await), (Ok(None), None));
        assert_eq!(write(store, name, None, &bytes(n_bytes, 1)).await, Ok(Written::New));
        assert!(read(name).await.unwrap() == bytes(n_bytes, 1), "{name}");

        // It is found with its size and its notes, and the same bytes are not written again.
        let first = store.find(name).await.unwrap().unwrap();
        assert_eq!((first.size_bytes, first.note("number"), first.note("other")), (n_bytes as u64, Some("7"), None));
        assert_eq!(write(store, name, Some(first.clone()), &bytes(n_bytes, 1)).await, Ok(Written::Unchanged));
        assert_eq!(store.find(name).await, Ok(Some(first.clone())));

        // Others are, in place of what was seen and of nothing else.
        assert_eq!(write(store, name, Some(first.clone()), &bytes(n_bytes + 1, 2)).await, Ok(Written::New));
        for stale in [Some(first), None] {
            assert_eq!(write(store, name, stale, &bytes(n_bytes + 2, 3)).await, Err(Object::overtaken()), "{name}");
        }
        assert!(read(name).await.unwrap() == bytes(n_bytes + 1, 2), "{name}");
    }
    // What is given up is not there.
    let mut upload = store.upload("given-up", None, Vec::new(), 0).unwrap();
    upload.write(bytes(9 * MIB, 1).into()).await.unwrap();
    upload.abort().await;
    assert_eq!((store.find("given-up").await, read("given-up").await), (Ok(None), None));
    let too_long = "x".repeat(1024);
    assert!(matches!(store.find(&too_long).await, Err(Failure::Permanent { .. })));
}

async fn write(
    store: &ObjectStore,
    name: &str,
    replaced: Option<KnownObject>,
    content: &[u8],
) -> Result<Written, Failure> {
    let mut upload = store.upload(name, replaced, vec![("number", "7".into())], content.len() as u64)?;
    upload.write(Bytes::copy_from_slice(content)).await?;
    let written = upload.finish().await;
    upload.abort().await;
    written
}

/// Bytes of which no two neighboring parts are equal.
fn bytes(n_bytes: usize, seed: usize) -> Vec<u8> {
    (0..n_bytes).map(|index| ((index / 4093 + seed) % 251) as u8).collect()
}
