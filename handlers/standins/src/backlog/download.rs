//! The download of a shared file, streamed, and cut short where a test asks for it.

use super::error::{self, ErrorCode};
use super::file::{BacklogFile, Content};
use super::query::NoParameters;
use super::{Backlog, integer};
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode, header};
use axum::response::Response;
use futures_util::{Stream, StreamExt, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::io;
use std::sync::Arc;
use tokio::sync::watch;

const CHUNK_BYTES: u64 = 64 * 1024;

/// What is encoded in the name of a file (RFC 5987).
const EXTENDED_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A status, a code and a message.
type Refusal = (StatusCode, ErrorCode, &'static str);

const NO_PATH: Refusal = (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, "The path is not UTF-8.");
const NO_INTEGER: Refusal = (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, "sharedFileId must be an integer.");
const NO_PROJECT: Refusal = (StatusCode::NOT_FOUND, ErrorCode::NoResource, "No project.");
const NO_FILE: Refusal = (StatusCode::NOT_FOUND, ErrorCode::NoResource, "No such file.");

/// Serves `GET /api/v2/projects/{projectIdOrKey}/files/{id}`.
pub(super) async fn download(
    State(backlog): State<Arc<Backlog>>,
    path: Result<Path<(String, String)>, PathRejection>,
    _: NoParameters,
) -> Response {
    let found = path.map_err(|_| NO_PATH).and_then(|Path((project, id))| find(&backlog, &project, &id));
    match found {
        Ok(file) => answer(&file),
        Err((status, code, message)) => error::answer(status, code, message),
    }
}

fn find(backlog: &Backlog, project: &str, id: &str) -> Result<Arc<BacklogFile>, Refusal> {
    let id = integer(id).ok_or(NO_INTEGER)?;
    let space = backlog.space();
    let project = space.project(project).ok_or(NO_PROJECT)?;
    let file = space.files.get(&id).ok_or(NO_FILE)?;
    if file.project == *project { Ok(Arc::clone(file)) } else { Err(NO_FILE) }
}

fn answer(file: &BacklogFile) -> Response {
    let built = match &file.redirect_to {
        Some(target) => {
            HttpResponse::builder().status(StatusCode::FOUND).header(header::LOCATION, target).body(Body::empty())
        }
        None => HttpResponse::builder()
            .header(header::CONTENT_TYPE, &file.content_type)
            .header(header::CONTENT_DISPOSITION, disposition(&file.name))
            .header(header::CONTENT_LENGTH, HeaderValue::from(file.content.size_bytes()))
            .body(body(file)),
    };
    // Everything that goes into a header was checked when the file was put.
    built.unwrap_or_else(|_| error::refusal(StatusCode::INTERNAL_SERVER_ERROR))
}

fn body(file: &BacklogFile) -> Body {
    match file.truncate_after {
        None => {
            let size_bytes = file.content.size_bytes();
            Body::from_stream(chunks(file.content.clone(), size_bytes).map(Ok::<_, io::Error>))
        }
        Some(limit) => Body::from_stream(cut(chunks(file.content.clone(), limit))),
    }
}

fn chunks(content: Content, end: u64) -> impl Stream<Item = Bytes> + Send {
    let offsets = stream::unfold(0, move |offset| async move {
        (offset < end).then(|| {
            let next = end.min(offset.saturating_add(CHUNK_BYTES));
            ((offset, next), next)
        })
    });
    offsets.map(move |(offset, next)| {
        let length = usize::try_from(next - offset).unwrap_or_default();
        content.part(offset, length)
    })
}

/// A chunk that tells when the connection has written it, for then it is dropped.
struct Watched {
    chunk: Bytes,
    _unwritten: watch::Receiver<()>,
}

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        &self.chunk
    }
}

// A body that fails closes the connection at once and takes along what is still in the buffer.
// So it fails only when every chunk is written, and the client gets exactly the promised bytes.
fn cut(chunks: impl Stream<Item = Bytes> + Send) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (written, unwritten) = watch::channel(());
    let watched = chunks.map(move |chunk| Ok(Bytes::from_owner(Watched { chunk, _unwritten: unwritten.clone() })));
    let failure = stream::once(async move {
        written.closed().await;
        // With no chunk at all, this is what lets the connection write the head.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    watched.chain(failure)
}

// The form that Backlog really sends, which clients are known to parse (RFC 5987).
fn disposition(name: &str) -> String {
    format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(name, EXTENDED_VALUE))
}
