//! The calls with which a client checks its key, and paths that Backlog does not know.

use crate::support::{FILE, Outcome, Stage, check_error};
use reqwest::Method;
use serde_json::{Value, json};

const CHECKS: [&str; 3] = ["/backlog/api/v2/users/myself", "/backlog/api/v2/space", "/backlog/api/v2/rateLimit"];

#[tokio::test]
async fn every_credential_check_takes_the_key_and_nothing_else() -> Outcome {
    let stage = Stage::started().await?;
    for path in CHECKS {
        assert_eq!(stage.get(path).await?.status(), 200, "{path}");
        check_error(stage.get_with_key(path, "wrong").await?, 401, 11).await?;
        check_error(stage.get_with_key(path, "").await?, 401, 11).await?;
        check_error(stage.request(Method::GET, path).send().await?, 401, 11).await?;
    }
    Ok(())
}

#[tokio::test]
async fn says_whose_key_it_is() -> Outcome {
    let stage = Stage::started().await?;
    let user: Value = stage.get(CHECKS[0]).await?.json().await?;
    assert_eq!(user["userId"], "taro");
    let space: Value = stage.get(CHECKS[1]).await?.json().await?;
    assert_eq!(space["ownerId"], user["id"]);
    Ok(())
}

#[tokio::test]
async fn a_new_key_ends_the_old_one() -> Outcome {
    let stage = Stage::started().await?;
    let answer = stage.control("keys", &json!({"BACKLOG_API_KEY": "RotatedKey9876543210"})).await?;
    assert_eq!(answer.status(), 204);
    check_error(stage.get(CHECKS[0]).await?, 401, 11).await?;
    let rotated = stage.get_with_key(CHECKS[0], "RotatedKey9876543210");
    assert_eq!(rotated.await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn answers_what_it_does_not_know_in_its_own_error_shape() -> Outcome {
    let stage = Stage::started().await?;
    for path in [
        "/backlog",
        "/backlog/",
        "/backlog/api/v2/wikis",
        "/backlog/api/v2/projects/SUB/files",
        "/backlog/api/v1/space",
    ] {
        check_error(stage.get(path).await?, 404, 6).await?;
    }
    Ok(())
}

#[tokio::test]
async fn does_not_know_other_methods_of_known_paths() -> Outcome {
    let stage = Stage::started().await?;
    for (method, path) in [(Method::POST, FILE), (Method::DELETE, FILE), (Method::PUT, "/backlog/api/v2/issues")] {
        let request = stage.request(method, path);
        let answer = request.query(&[("apiKey", crate::support::KEY)]).send();
        check_error(answer.await?, 404, 6).await?;
    }
    Ok(())
}
