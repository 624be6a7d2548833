//! The download of shared files: bytes, refusals, and the ways in which a download goes wrong.

use crate::support::{FILE, KEY, Outcome, Stage, check_error, header};
use serde_json::json;
use standins::{BacklogFile, Content, Project, generated_bytes};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

#[tokio::test]
async fn sends_the_bytes_as_an_attachment_with_an_encoded_name() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"dir": "/sample/資料/", "name": "見積 v1'2.pdf", "content": "こんにちは"})).await?;
    let answer = stage.get(FILE).await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-type"), "application/octet-stream");
    assert_eq!(header(&answer, "content-length"), "15");
    assert_eq!(header(&answer, "content-disposition"), "attachment; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%20v1%272.pdf");
    assert_eq!(answer.text().await?, "こんにちは");
    Ok(())
}

#[tokio::test]
async fn sends_bytes_that_are_no_text() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content_base64": "AP+A/w=="})).await?;
    let answer = stage.get(FILE).await?;
    assert_eq!(answer.bytes().await?.as_ref(), [0, 255, 128, 255]);
    Ok(())
}

#[tokio::test]
async fn sends_an_empty_file() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": ""})).await?;
    let answer = stage.get(FILE).await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(header(&answer, "content-length"), "0");
    assert!(answer.bytes().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn sends_the_content_type_that_was_asked_for() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "{}", "content_type": "application/json"})).await?;
    let answer = stage.get(FILE).await?;
    assert_eq!(header(&answer, "content-type"), "application/json");
    Ok(())
}

#[tokio::test]
async fn generates_every_byte_of_a_file_over_many_chunks() -> Outcome {
    const SIZE_BYTES: usize = 1_000_003;
    let stage = Stage::started().await?;
    stage.put(json!({"size": SIZE_BYTES})).await?;
    let received = stage.get(FILE).await?.bytes().await?;
    assert!(received == generated_bytes(0, SIZE_BYTES));
    Ok(())
}

#[tokio::test]
async fn begins_at_once_with_a_file_that_no_memory_could_hold() -> Outcome {
    const SIZE_BYTES: u64 = 1 << 50;
    let stage = Stage::started().await?;
    stage.put(json!({"size": SIZE_BYTES})).await?;
    let mut answer = stage.get(FILE).await?;
    assert_eq!(header(&answer, "content-length"), SIZE_BYTES.to_string());
    let mut received = Vec::new();
    while received.len() < 1 << 20 {
        received.extend(answer.chunk().await?.ok_or("the file ended early")?);
    }
    assert!(received == generated_bytes(0, received.len()));
    Ok(())
}

#[tokio::test]
async fn cuts_the_connection_after_exactly_the_promised_bytes() -> Outcome {
    let stage = Stage::started().await?;
    // Below, at and above the size of a chunk, and beyond every buffer on the way.
    for limit in [0, 1, 65_536, 65_537, 3_000_000] {
        stage.put(json!({"size": 4_000_000, "truncate_after": limit})).await?;
        let mut answer = stage.get(FILE).await?;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "content-length"), "4000000");
        let mut received = Vec::new();
        let broken = loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => received.extend(chunk),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(broken, "the download seemed complete after {limit} bytes");
        assert!(received == generated_bytes(0, limit), "{limit}: {}", received.len());
    }
    Ok(())
}

#[tokio::test]
async fn a_slow_reader_gets_the_promised_bytes_too_before_the_cut() -> Outcome {
    let stage = Stage::started().await?;
    // It is unknown how much fits between server and reader, so one of many sizes has to hit it.
    for n_steps in 1..=24 {
        let limit = n_steps * 256 * 1024;
        stage.standins.put_file(BacklogFile {
            id: 7,
            content: Content::Generated(limit + 1),
            truncate_after: Some(limit),
            ..BacklogFile::default()
        });
        let answer = read_late(stage.standins.address()).await?;
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n");
        let body = &answer[head.ok_or("no head")? + 4..];
        assert_eq!(body.len() as u64, limit);
    }
    Ok(())
}

/// Downloads file 7, but begins to read only when the server had time to fill every buffer.
async fn read_late(address: SocketAddr) -> io::Result<Vec<u8>> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(address).await?;
    let request = format!("GET {FILE}?apiKey={KEY} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    for _ in 0..2_000 {
        tokio::task::yield_now().await;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn redirects_where_a_test_asks_for_it_but_only_with_the_key() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"redirect_to": "https://files.example/7"})).await?;
    let answer = stage.get(FILE).await?;
    assert_eq!(answer.status(), 302);
    assert_eq!(header(&answer, "location"), "https://files.example/7");
    check_error(stage.get_with_key(FILE, "wrong").await?, 401, 11).await
}

#[tokio::test]
async fn finds_a_file_under_the_id_and_the_key_of_its_own_project_only() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "sub"})).await?;
    let other = json!({"id": 8, "dir": "/", "name": "b", "content": "ops",
        "project": {"id": 93, "projectKey": "OPS_2"}});
    assert_eq!(stage.control("backlog/files", &other).await?.status(), 201);
    for (project, id, expected) in [("SUB", 7, "sub"), ("92", 7, "sub"), ("OPS_2", 8, "ops"), ("93", 8, "ops")] {
        let path = format!("/backlog/api/v2/projects/{project}/files/{id}");
        assert_eq!(stage.get(&path).await?.text().await?, expected);
    }
    for (project, id) in [("SUB", 8), ("93", 7), ("sub", 7), ("NONE", 7), ("SUB", 9)] {
        let path = format!("/backlog/api/v2/projects/{project}/files/{id}");
        check_error(stage.get(&path).await?, 404, 6).await?;
    }
    Ok(())
}

#[tokio::test]
async fn refuses_a_file_id_that_is_no_integer() -> Outcome {
    let stage = Stage::started().await?;
    for id in ["seven", "7.0", "+7", "-7", "%E8%A6%8B", "%FF", "99999999999999999999999"] {
        let path = format!("/backlog/api/v2/projects/SUB/files/{id}");
        check_error(stage.get(&path).await?, 400, 7).await?;
    }
    Ok(())
}

#[tokio::test]
async fn asks_for_the_key_before_it_says_anything_about_the_file() -> Outcome {
    let stage = Stage::started().await?;
    for path in [FILE, "/backlog/api/v2/projects/NONE/files/seven"] {
        check_error(stage.get_with_key(path, "wrong").await?, 401, 11).await?;
        let without = stage.request(reqwest::Method::GET, path);
        check_error(without.send().await?, 401, 11).await?;
    }
    Ok(())
}

#[tokio::test]
async fn does_not_take_the_key_from_a_header() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "x"})).await?;
    let request = stage.request(reqwest::Method::GET, FILE).header("x-api-key", KEY).bearer_auth(KEY);
    check_error(request.send().await?, 401, 11).await
}

#[tokio::test]
async fn serves_a_file_that_was_put_in_process() -> Outcome {
    let stage = Stage::started().await?;
    stage.standins.put_file(BacklogFile {
        id: u64::from(u32::MAX) + 1,
        dir: "/a/".to_owned(),
        name: "b.txt".to_owned(),
        content: Content::Bytes(b"text".as_slice().into()),
        project: Project { id: 4, project_key: "FOUR".to_owned() },
        ..BacklogFile::default()
    });
    let answer = stage.get("/backlog/api/v2/projects/FOUR/files/4294967296").await?;
    assert_eq!(answer.text().await?, "text");
    Ok(())
}
