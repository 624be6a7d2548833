//! Backlog: shared files and issues behind an API key in a header or the query, a limit per minute, writes as forms.

mod account;
mod allowance;
mod catalog;
mod comment;
mod control;
mod credential;
pub(crate) mod custom_field;
mod date;
mod download;
mod error;
pub(crate) mod file;
mod form;
mod issue;
mod listing;
mod path;
mod problems;
mod query;
mod read;
mod shown;
mod update;
mod vocabulary;
mod webhook;

use crate::clock;
use crate::product::{Product, SecretKind};
use crate::received::Sighting;
use crate::secret::{Credential, Secret};
use crate::service::Service;
use allowance::{Allowance, Kind, Standing};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use contracts::SecretValue;
use contracts::backlog::BacklogApiKey;
use custom_field::BacklogCustomField;
use error::ErrorCode;
use file::{BacklogFile, Project};
use issue::Issue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use webhook::Webhook;

/// What the list of stand-ins says of it.
pub(crate) const PRODUCT: Product = Product {
    name: NAME,
    saas: &contracts::backlog::SAAS,
    secret: Some(SecretKind {
        name: BacklogApiKey::NAME,
        sample: "SampleBacklogKey0123456789",
        value: SecretKind::itself,
    }),
    open: |opening| {
        let state = Mutex::new(Space::new(Secret::new(opening.secret)));
        Arc::new(Backlog { base_url: opening.origin, state })
    },
    script: include_str!("backlog/page.js"),
    style: "",
};

const NAME: &str = "backlog";

/// Number of the user who owns the key.
const USER_ID: u64 = 25;

/// One space with one user, who owns the key.
pub(crate) struct Backlog {
    base_url: String,
    state: Mutex<Space>,
}

struct Space {
    key: Secret,
    projects: Vec<Project>,
    files: BTreeMap<u64, Arc<BacklogFile>>,
    allowance: Allowance,
    /// By which rule a project formats texts, by its number; Markdown if none is given.
    formatting: BTreeMap<u64, String>,
    custom_fields: Vec<BacklogCustomField>,
    issues: Vec<Issue>,
    webhooks: Vec<Webhook>,
    last_key_ids: BTreeMap<u64, u64>,
    n_issues: u64,
    n_comments: u64,
    n_webhooks: u64,
}

impl Backlog {
    /// Puts a file, and its project if it is new, or says what is wrong with it.
    pub(crate) fn put_file(&self, file: BacklogFile) -> Result<(), String> {
        file.check()?;
        let mut space = self.space();
        space.add_project(&file.project)?;
        space.files.insert(file.id, Arc::new(file));
        Ok(())
    }

    /// Puts a custom field into a project that is there, or says what is wrong with it.
    pub(crate) fn put_custom_field(&self, field: BacklogCustomField) -> Result<(), String> {
        field.check()?;
        let mut space = self.space();
        let project = &field.project_key;
        if !space.projects.iter().any(|known| known.project_key == *project) {
            return Err(format!("there is no project `{project}`"));
        }
        space.custom_fields.retain(|known| known.id != field.id);
        space.custom_fields.push(field);
        Ok(())
    }

    /// Has a project format texts by another rule, or says what is wrong with it.
    pub(crate) fn set_text_formatting(&self, project: &str, rule: &str) -> Result<(), String> {
        if !["markdown", "backlog"].contains(&rule) {
            return Err(format!("`{rule}` is no rule; there are `markdown` and `backlog`"));
        }
        let mut space = self.space();
        let id = space.project(project).map(|project| project.id);
        let id = id.ok_or_else(|| format!("there is no project `{project}`"))?;
        space.formatting.insert(id, rule.to_owned());
        Ok(())
    }

    /// Shows every issue with its comments, the oldest first.
    pub(crate) fn issues(&self) -> Vec<Value> {
        let space = self.space();
        space.issues.iter().map(|issue| space.shown_in_full(issue)).collect()
    }

    fn space(&self) -> MutexGuard<'_, Space> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing(&self, kind: Kind, credential: Credential) -> Standing {
        let now = clock::now_seconds();
        match credential {
            Credential::Valid => self.space().allowance.standing(kind, now),
            // A wrong key belongs to no user, so there is no count to show.
            Credential::Wrong | Credential::Missing => Allowance::default().standing(kind, now),
        }
    }
}

impl Space {
    fn new(key: Secret) -> Self {
        Self {
            key,
            projects: vec![Project::default()],
            files: BTreeMap::new(),
            allowance: Allowance::default(),
            formatting: BTreeMap::new(),
            custom_fields: Vec::new(),
            issues: Vec::new(),
            webhooks: Vec::new(),
            last_key_ids: BTreeMap::new(),
            n_issues: 0,
            n_comments: 0,
            n_webhooks: 0,
        }
    }

    fn project(&self, id_or_key: &str) -> Option<&Project> {
        let id = integer(id_or_key);
        self.projects.iter().find(|project| project.project_key == id_or_key || id == Some(project.id))
    }

    /// Finds a project by its id, with its place among all projects.
    fn project_of_id(&self, id: Option<u64>) -> Option<(u64, Project)> {
        (0..)
            .zip(&self.projects)
            .find(|(_, project)| Some(project.id) == id)
            .map(|(place, known)| (place, known.clone()))
    }

    /// The custom fields of a project.
    fn custom_fields(&self, project: &Project) -> Vec<&BacklogCustomField> {
        self.custom_fields.iter().filter(|field| field.project_key == project.project_key).collect()
    }

    /// By which rule a project formats texts.
    fn text_formatting(&self, project: &Project) -> &str {
        self.formatting.get(&project.id).map_or("markdown", String::as_str)
    }

    fn add_project(&mut self, project: &Project) -> Result<(), String> {
        let namesake =
            self.projects.iter().find(|known| known.id == project.id || known.project_key == project.project_key);
        match namesake {
            None => self.projects.push(project.clone()),
            Some(known) if known == project => {}
            Some(known) => {
                return Err(format!(
                    "project {} `{}` contradicts project {} `{}`",
                    project.id, project.project_key, known.id, known.project_key
                ));
            }
        }
        Ok(())
    }
}

impl Service for Backlog {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/v2/space", get(account::space))
            .route("/api/v2/rateLimit", get(account::rate_limit))
            .route("/api/v2/users", get(account::users))
            .route("/api/v2/users/myself", get(account::myself))
            .route("/api/v2/users/:id", get(account::one))
            .route("/api/v2/priorities", get(catalog::priorities))
            .route("/api/v2/resolutions", get(catalog::resolutions))
            .route("/api/v2/projects", get(catalog::projects))
            .route("/api/v2/projects/:project", get(catalog::project))
            .route("/api/v2/projects/:project/issueTypes", get(catalog::issue_types))
            .route("/api/v2/projects/:project/statuses", get(catalog::statuses))
            .route("/api/v2/projects/:project/users", get(catalog::members))
            .route("/api/v2/projects/:project/categories", get(catalog::categories))
            .route("/api/v2/projects/:project/versions", get(catalog::milestones))
            .route("/api/v2/projects/:project/customFields", get(catalog::custom_fields))
            .route("/api/v2/projects/:project/files/metadata", get(listing::root))
            .route("/api/v2/projects/:project/files/metadata/", get(listing::root))
            .route("/api/v2/projects/:project/files/metadata/*path", get(listing::folder))
            .route("/api/v2/projects/:project/files/:id", get(download::download))
            .route("/api/v2/projects/:project/webhooks", get(webhook::list).post(webhook::add))
            .route(
                "/api/v2/projects/:project/webhooks/:id",
                get(webhook::one).patch(webhook::change).delete(webhook::remove),
            )
            .route("/api/v2/issues", get(read::issues).post(update::create))
            .route("/api/v2/issues/count", get(read::n_issues))
            .route("/api/v2/issues/:issue", get(read::issue).patch(update::change).delete(update::remove))
            .route("/api/v2/issues/:issue/comments", get(read::comments).post(update::comment))
            .route("/api/v2/issues/:issue/comments/count", get(read::n_comments))
            .route(
                "/api/v2/issues/:issue/comments/:id",
                get(read::comment).patch(update::change_comment).delete(update::remove_comment),
            )
            .route("/api/v2/issues/:issue/attachments", get(read::nothing_attached))
            .route("/api/v2/issues/:issue/sharedFiles", get(read::nothing_attached))
            .route_layer(from_fn_with_state(Arc::clone(&self), admit))
            .method_not_allowed_fallback(undefined)
            .fallback(undefined)
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        control::router(self)
    }

    fn inspect(&self, parts: &Parts, body: &[u8]) -> Sighting {
        let query = parts.uri.query().unwrap_or_default();
        let (credential, query) = credential::inspect(&parts.headers, query, &self.space().key);
        Sighting { query, ..Sighting::of(parts, body, credential) }
    }

    fn secret(&self) -> Option<String> {
        Some(self.space().key.current().to_owned())
    }

    fn change_secret(&self, key: String) {
        self.space().key.rotate(key);
    }

    fn scrub(&self, text: &str) -> String {
        self.space().key.scrub(text)
    }

    fn refusal(&self, status: StatusCode) -> Response {
        let mut response = error::refusal(status);
        if status == StatusCode::TOO_MANY_REQUESTS {
            allowance::pretend_exhausted(response.headers_mut(), clock::now_seconds());
        }
        response
    }

    fn complete(&self, method: &Method, path: &str, credential: Credential, headers: &mut HeaderMap) {
        let path = path.strip_prefix("/backlog").unwrap_or(path);
        let standing = self.standing(Kind::of(method, path), credential);
        for (name, value) in standing.headers() {
            headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from(value));
        }
        // As every sample of Backlog's reference has it.
        let is_file = path.contains("/files/") && !path.contains("/files/metadata");
        if !is_file && headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
        }
    }

    fn holdings(&self) -> Value {
        json!({"issues": self.issues()})
    }

    fn reset(&self) {
        let mut space = self.space();
        let key = std::mem::replace(&mut space.key, Secret::new(String::new()));
        *space = Space::new(key);
    }
}

/// Demands the key, then counts the call.
async fn admit(State(backlog): State<Arc<Backlog>>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let kind = Kind::of(request.method(), request.uri().path());
    let admitted = {
        let mut space = backlog.space();
        match credential::inspect(request.headers(), query, &space.key).0 {
            Credential::Valid => Some(space.allowance.spend(kind, clock::now_seconds())),
            Credential::Wrong | Credential::Missing => None,
        }
    };
    match admitted {
        Some(true) => next.run(request).await,
        Some(false) => error::refusal(StatusCode::TOO_MANY_REQUESTS),
        None => error::refusal(StatusCode::UNAUTHORIZED),
    }
}

// Digits only: the parser of the standard library also takes a plus sign.
fn integer(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

async fn undefined(State(backlog): State<Arc<Backlog>>, method: Method, uri: Uri) -> Response {
    let path = backlog.scrub(uri.path());
    let message = format!("Undefined resource: the stand-in does not serve {method} {path}.");
    error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, &message)
}
