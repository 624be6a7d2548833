//! The artifact bucket: private, owned by the account, named after account, region and stage.

#[cfg(test)]
mod tests;

use crate::account::Account;
use crate::archive::Archive;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use aws_sdk_s3::config as s3_config;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types as s3;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::try_join_all;
use sha2::{Digest, Sha256};
use stacks::Stage;

/// Name of the bucket that holds a stage's archives.
pub fn artifact_bucket(account: &Account, stage: &Stage) -> String {
    format!("tsugite-{}-{}-{}", account.id, account.region, stage.name)
}

/// Makes the bucket that holds a stage's archives, unless it exists; returns its name.
pub async fn make_artifact_bucket(account: &Account, stage: &Stage) -> Outcome<String> {
    let bucket = artifact_bucket(account, stage);
    make_bucket(account, &bucket).await.map(|()| bucket)
}

/// Uploads the archives that are not there yet, making the bucket if need be.
///
/// Returns how many were uploaded. The key is the digest: an existing object has the same bytes.
pub async fn upload(account: &Account, stage: &Stage, archives: &[&Archive], reporter: &Reporter) -> Outcome<usize> {
    let bucket = artifact_bucket(account, stage);
    let step = "uploading";
    let work = async {
        let missing = find_missing(account, &bucket, archives).await?;
        if missing.is_empty() {
            return Ok(0);
        }
        account.mark_changed();
        make_bucket(account, &bucket).await?;
        try_join_all(missing.iter().map(|archive| put(account, &bucket, archive))).await?;
        // CloudFormation would find out late, and the emulator not at all.
        let found = try_join_all(archives.iter().map(|archive| find(account, &bucket, archive))).await?;
        for (archive, found) in archives.iter().zip(found) {
            let (code, what) = match found {
                Found::Same => continue,
                Found::Other => ("NotFound", "was uploaded but does not exist"),
                // It was put there a moment ago: what is missing is the right to see it.
                Found::Hidden => ("AccessDenied", "was uploaded but cannot be read"),
            };
            let message = format!("archive `{}` {what}", archive.key());
            return Err(Error::Aws { operation: "s3:GetObject", code: code.into(), message });
        }
        Ok(missing.len())
    };
    reporter
        .step(step, work, |n_uploaded| match n_uploaded {
            0 if archives.len() == 1 => "nothing new: the archive already exists".into(),
            0 => format!("nothing new: {} archives already exist", archives.len()),
            n => format!("{n} of {} archives to {bucket}", archives.len()),
        })
        .await
}

/// Puts a template into the bucket unless it already exists, creating the bucket if necessary; returns its URL.
///
/// The key is the digest, as with archives. The address has the form that names the region, which every
/// region takes. Source: CloudFormation API reference, CreateChangeSet, TemplateURL; Amazon S3 user guide,
/// "Methods for accessing a general purpose bucket".
pub(crate) async fn put_template(account: &Account, stage: &Stage, template: &str) -> Outcome<String> {
    let bucket = artifact_bucket(account, stage);
    let digest = hex::encode(Sha256::digest(template));
    let key = format!("templates/{digest}.yaml");
    let head = account.s3.head_object().bucket(&bucket).key(&key).expected_bucket_owner(&account.id).send().await;
    if head.is_err() {
        account.mark_changed();
        make_bucket(account, &bucket).await?;
        account
            .s3
            .put_object()
            .bucket(&bucket)
            .key(&key)
            .expected_bucket_owner(&account.id)
            .content_type("application/yaml")
            .checksum_sha256(BASE64_STANDARD.encode(Sha256::digest(template)))
            .body(ByteStream::from(template.as_bytes().to_vec()))
            .send()
            .await
            .map_err(Error::aws("s3:PutObject"))?;
    }
    Ok(format!("https://s3.{}.amazonaws.com/{bucket}/{key}", account.region))
}

async fn find_missing<'a>(account: &Account, bucket: &str, archives: &[&'a Archive]) -> Outcome<Vec<&'a Archive>> {
    let found = try_join_all(archives.iter().map(|archive| find(account, bucket, archive))).await?;
    Ok(archives.iter().zip(found).filter(|(_, found)| *found != Found::Same).map(|(archive, _)| *archive).collect())
}

/// An archive as it is in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It exists with the expected checksum.
    Same,
    /// It is not there, or something else is.
    Other,
    /// It may not be seen. Without the right to list, S3 says so of what is not there as well.
    Hidden,
}

async fn find(account: &Account, bucket: &str, archive: &Archive) -> Outcome<Found> {
    let answer = account
        .s3
        .head_object()
        .bucket(bucket)
        .key(archive.key())
        .expected_bucket_owner(&account.id)
        .checksum_mode(s3::ChecksumMode::Enabled)
        .send()
        .await;
    match answer {
        Ok(head) if head.checksum_sha256() == Some(checksum(archive).as_str()) => Ok(Found::Same),
        Ok(_) => Ok(Found::Other),
        Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
            Some(404) => Ok(Found::Other),
            Some(403) => Ok(Found::Hidden),
            _ => Err(Error::aws("s3:GetObject")(error)),
        },
    }
}

/// The archive's SHA-256 as S3 writes it.
fn checksum(archive: &Archive) -> String {
    BASE64_STANDARD.encode(hex::decode(&archive.digest).unwrap_or_default())
}

async fn put(account: &Account, bucket: &str, archive: &Archive) -> Outcome<()> {
    let limits = account.limits.for_upload(archive.n_bytes);
    let body = ByteStream::from_path(&archive.path).await;
    let body = body.map_err(|error| Error::file("read", &archive.path)(std::io::Error::other(error)))?;
    let call = account
        .s3
        .put_object()
        .bucket(bucket)
        .key(archive.key())
        .expected_bucket_owner(&account.id)
        .content_type("application/zip")
        // S3 refuses what does not arrive as it was sent.
        .checksum_sha256(checksum(archive))
        .body(body)
        .customize()
        .config_override(s3_config::Builder::new().timeout_config(limits));
    call.send().await.map_err(Error::aws("s3:PutObject"))?;
    Ok(())
}

/// Creates the bucket unless it exists, and makes it private and encrypted.
async fn make_bucket(account: &Account, bucket: &str) -> Outcome<()> {
    let mut call = account.s3.create_bucket().bucket(bucket);
    // The oldest region is the only one that must not be named.
    if account.region != "us-east-1" {
        let region = s3::BucketLocationConstraint::from(account.region.as_str());
        let configuration = s3::CreateBucketConfiguration::builder().location_constraint(region).build();
        call = call.create_bucket_configuration(configuration);
    }
    let made = account.while_busy(async || call.clone().send().await.map_err(Error::aws("s3:CreateBucket"))).await;
    match made {
        Ok(_) => {}
        // The command that created it may have been interrupted before it was protected.
        Err(Error::Aws { code, .. }) if code == "BucketAlreadyOwnedByYou" => {}
        Err(Error::Aws { code, .. }) if code == "BucketAlreadyExists" => {
            return Err(Error::BucketTaken { bucket: bucket.to_owned() });
        }
        Err(error) => return Err(error),
    }
    protect(account, bucket).await
}

async fn protect(account: &Account, bucket: &str) -> Outcome<()> {
    let block = s3::PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    let call = account.s3.put_public_access_block().bucket(bucket).public_access_block_configuration(block);
    account.while_busy(async || call.clone().send().await.map_err(Error::aws("s3:PutBucketPublicAccessBlock"))).await?;
    let encryption = s3::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(s3::ServerSideEncryption::Aes256)
        .build()
        .map(|rule| s3::ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(rule).build())
        .and_then(|rule| s3::ServerSideEncryptionConfiguration::builder().rules(rule).build());
    let Ok(encryption) = encryption else { return Ok(()) };
    account
        .s3
        .put_bucket_encryption()
        .bucket(bucket)
        .server_side_encryption_configuration(encryption)
        .send()
        .await
        .map_err(Error::aws("s3:PutEncryptionConfiguration"))?;
    Ok(())
}
