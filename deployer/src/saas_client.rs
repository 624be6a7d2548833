//! A client for the API of any SaaS: `stacks::lookup` says which requests to send and what the answers mean.

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::web::{loopback_client, web_client};
use contracts::Origin;
use reqwest::header::HeaderValue;
use stacks::lookup::{Answer, Answers, Failure, NoValue, Refusal, SaasApi};
use stacks::{Stack, Stage};
use std::time::Duration;

/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The API of a SaaS, the key that opens it, and its answers so far.
pub(crate) struct SaasClient {
    api: &'static SaasApi,
    origin: Origin,
    key: HeaderValue,
    client: reqwest::Client,
    reporter: Reporter,
    /// Where the stage file names the host.
    place_of_host: String,
    answers: Answers,
}

impl SaasClient {
    /// The API as a stage names it; fails for a key that no header can hold. `None` if the stage names no host.
    pub(crate) fn new(account: &Account, stage: &Stage, api: &'static SaasApi, key: &str) -> Outcome<Option<Self>> {
        let Some(origin) = account.origin_of(stage, api.saas)? else { return Ok(None) };
        let client = match account.local {
            Some(_) => loopback_client()?,
            None => web_client(account.trust())?,
        };
        let place_of_host = stage.place_of(api.host_setting);
        Self::with(client, origin, api, key, &account.reporter, place_of_host).map(Some)
    }

    fn with(
        client: reqwest::Client,
        origin: Origin,
        api: &'static SaasApi,
        key: &str,
        reporter: &Reporter,
        place_of_host: String,
    ) -> Outcome<Self> {
        let mut key = HeaderValue::from_str(key.trim()).map_err(|_| Error::Saas {
            what: format!("{}'s API key holds a character that no key has", api.saas.name),
            hint: format!("give a valid key: {}=… cargo xtask deploy", api.key_secret),
        })?;
        key.set_sensitive(true);
        let (reporter, answers) = (reporter.clone(), Answers::default());
        Ok(Self { api, origin, key, client, reporter, place_of_host, answers })
    }

    /// The API, opened with the key in one of a stack's secrets; `None` if the secret or the host is missing.
    pub(crate) async fn of_stack(
        account: &Account,
        stack: &Stack,
        api: &'static SaasApi,
        key_secret: &str,
    ) -> Outcome<Option<Self>> {
        let Some(id) = account.physical_id(&stack.full_stack_name(), key_secret).await? else { return Ok(None) };
        let key = account.secret_value(&id).await?;
        Self::new(account, stack.stage(), api, &key)
    }

    /// Sends the requests that `read` needs until it has a value, or settings that do not fit.
    pub(crate) async fn read<T>(
        &mut self,
        read: impl Fn(&Answers) -> Result<T, NoValue>,
    ) -> Outcome<Result<T, Vec<Refusal>>> {
        loop {
            match read(&self.answers) {
                Ok(value) => return Ok(Ok(value)),
                Err(NoValue::Refused(refusals)) => return Ok(Err(refusals)),
                Err(NoValue::Failed(Failure { is_of_host, what, hint })) => {
                    let what = if is_of_host { format!("{}: {what}", self.place_of_host) } else { what };
                    return Err(Error::Saas { what, hint });
                }
                Err(NoValue::Needs(path)) => {
                    let answer = self.get(&path).await?;
                    self.answers.add(path, answer);
                }
            }
        }
    }

    async fn get(&self, path: &[String]) -> Outcome<Answer> {
        let name = self.api.saas.name;
        let parts: Vec<&str> = self.api.base.iter().copied().chain(path.iter().map(String::as_str)).collect();
        let _wait = self.reporter.wait(format!("{name} to answer /{}", path.join("/")));
        let request = self.client.get(self.origin.below(&parts)).header(self.api.key_header, self.key.clone());
        let answer = request.timeout(ANSWER_LIMIT).send().await.map_err(|error| Error::Saas {
            what: format!("{}: {name} cannot be reached: {}", self.place_of_host, error.without_url()),
            hint: "check the host and the network".into(),
        })?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|error| Error::Saas {
            what: format!("{name}'s answer broke: {}", error.without_url()),
            hint: "run the command again".into(),
        })?;
        Ok(Answer { status, body: body.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::{Saas, SettingValue};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const KEY: &str = "canary+/0123456789";
    static SAAS: Saas = Saas { name: "Tracker" };
    static API: SaasApi = SaasApi {
        saas: &SAAS,
        base: &["api", "v2"],
        key_secret: "TRACKER_KEY",
        key_header: "Tracker-Key",
        host_setting: &["tracker", "host"],
    };

    /// A host that answers every request so; returns where it is, and what each request began with.
    async fn host(answer: &'static str) -> (Origin, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (tell, heads) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(connection.read_u8().await.unwrap());
                }
                tell.send(String::from_utf8(head).unwrap()).unwrap();
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (origin, heads)
    }

    fn client(origin: Origin, key: &str) -> Outcome<SaasClient> {
        let (reporter, _) = Reporter::new();
        SaasClient::with(loopback_client().unwrap(), origin, &API, key, &reporter, "prod.yaml:9: tracker.host".into())
    }

    /// Needs one request, and then has its answer.
    fn one(answers: &Answers) -> Result<Answer, NoValue> {
        answers.get(&["projects", "A B"]).cloned()
    }

    #[tokio::test]
    async fn the_key_travels_in_its_header_and_in_no_url() {
        let (origin, mut heads) = host("HTTP/1.1 302 Any\r\nLocation: /\r\nContent-Length: 2\r\n\r\n[]").await;
        let mut client = client(origin, KEY).unwrap();
        for _ in 0..2 {
            let answer = client.read(one).await.unwrap().unwrap();
            assert_eq!(answer, Answer { status: 302, body: b"[]".into() });
        }
        let head = heads.recv().await.unwrap();
        let (line, headers) = head.split_once("\r\n").unwrap();
        assert_eq!(line, "GET /api/v2/projects/A%20B HTTP/1.1");
        assert!(headers.to_lowercase().contains(&format!("tracker-key: {KEY}\r\n")), "{headers}");
        assert!(heads.try_recv().is_err(), "the same was asked twice, or the redirect was followed");
    }

    #[tokio::test]
    async fn what_no_header_holds_and_who_does_not_answer_is_said_without_the_key() {
        let origin = Origin::parse("http://127.0.0.1:1").unwrap();
        let error = client(origin.clone(), "canary\ncanary").err().unwrap();
        assert!(error.hint().unwrap().contains("TRACKER_KEY="), "{error}");
        let unreachable = client(origin, KEY).unwrap().read(one).await.unwrap_err();
        assert!(unreachable.to_string().starts_with("prod.yaml:9: tracker.host: Tracker cannot be reached"));
        assert!(!format!("{error:?}{unreachable:?}").contains("canary"));
    }

    #[tokio::test]
    async fn a_wrong_host_is_named_with_its_line() {
        let (origin, _) = host("").await;
        let failed = |is_of_host| Failure { is_of_host, what: "no space".into(), hint: "h".into() };
        for (is_of_host, expected) in [(true, "prod.yaml:9: tracker.host: no space"), (false, "no space")] {
            let read = |_: &Answers| -> Result<(), _> { Err(NoValue::Failed(failed(is_of_host))) };
            let error = client(origin.clone(), KEY).unwrap().read(read).await.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
