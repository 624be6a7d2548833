//! The three checksums that S3's client can make, by the crate `crc`.
//!
//! It takes the place of the crate of the same name, whose tables for a hundred other checksums are in every archive
//! that can call S3: 0.7 MB, which do not compress. S3's client is the only user of it.

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Table};
use std::fmt;

static ISO_HDLC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);
static ISCSI: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);
static NVME: Crc<u64, Table<1>> = Crc::<u64, Table<1>>::new(&CRC_64_NVME);

/// The checksums that S3 knows. Source: Amazon S3 user guide, "Checking object integrity in Amazon S3".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32, as in zip.
    Crc32IsoHdlc,
    /// CRC-32C.
    Crc32Iscsi,
    /// CRC-64/NVME.
    Crc64Nvme,
}

/// A checksum that is being made.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Of32(crc::Digest<'static, u32, Table<1>>),
    Of64(crc::Digest<'static, u64, Table<1>>),
}

impl Digest {
    /// The checksum of nothing yet.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Of32(ISO_HDLC.digest()),
            CrcAlgorithm::Crc32Iscsi => State::Of32(ISCSI.digest()),
            CrcAlgorithm::Crc64Nvme => State::Of64(NVME.digest()),
        })
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Of32(digest) => digest.update(bytes),
            State::Of64(digest) => digest.update(bytes),
        }
    }

    /// The checksum; one of 32 bits in the lower half.
    pub fn finalize(self) -> u64 {
        match self.0 {
            State::Of32(digest) => digest.finalize().into(),
            State::Of64(digest) => digest.finalize(),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalog of parametrised CRC algorithms, each of the text `123456789`.
    #[test]
    fn the_check_values_are_those_of_the_catalog() {
        for (algorithm, expected) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ] {
            let mut digest = Digest::new(algorithm);
            digest.update(b"1234");
            digest.update(b"56789");
            assert_eq!(digest.finalize(), expected, "{algorithm:?}");
        }
    }
}
