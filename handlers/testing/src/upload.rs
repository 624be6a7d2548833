//! Steps of an upload, for the tests of what a link does with them and of what S3 is asked for.

use runtime::{Bytes, Failure, KnownObject, ObjectStore, Upload, Written};

/// Bytes of which no two neighboring parts are equal.
pub fn content(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes).map(|index| (index / 4093 % 251) as u8).collect()
}

/// Writes so many bytes in pieces of a size that divides no part.
pub async fn write(upload: &mut Upload, n_bytes: usize) -> Result<(), Failure> {
    for piece in content(n_bytes).chunks(99_991) {
        upload.write(Bytes::copy_from_slice(piece)).await?;
    }
    Ok(())
}

/// Starts to write the object `file` in place of this one.
pub fn begin(store: &ObjectStore, there: Option<KnownObject>, n_bytes: usize) -> Upload {
    store.upload("file", there, vec![("number", "7".into())], n_bytes as u64).unwrap()
}

/// Writes so many bytes to the object `file`, in place of the one that exists.
pub async fn replace(store: &ObjectStore, n_bytes: usize) -> Result<Written, Failure> {
    let there = store.find("file").await.unwrap();
    let mut upload = begin(store, there, n_bytes);
    write(&mut upload, n_bytes).await?;
    let written = upload.finish().await;
    upload.abort().await;
    written
}
