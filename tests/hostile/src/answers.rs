//! What each case says to a request.

use std::io::{self, Write};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::peer::{Peer, hang_up};

const MIB: usize = 1024 * 1024;
/// Fits a push of two records, and is what no other answer says.
const STRAY: &str = r#"{"data":{"pushed_count":1,"failed_count":1,"errors":[]}}"#;
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[expect(clippy::too_many_lines, reason = "a list of cases")]
/// Plays `case`; the connection stays open after an `Ok`. `connection` and `request` count
/// from 1, and `whole` hears of a request that was read to its end before the answer.
pub(crate) fn play(
    case: &str,
    peer: &mut Peer,
    connection: usize,
    request: usize,
    whole: impl FnOnce(),
) -> io::Result<()> {
    let good = good_body(peer.is_post());
    // These answer, or do not, before they have read what is written to them.
    match case {
        "early_413_and_close" => return early(peer, "413 Payload Too Large"),
        "early_429_and_close" if connection == 1 => return early(peer, "429 Too Many Requests"),
        "early_413_and_read" => {
            peer.answer("413 Payload Too Large", "", r#"{"detail":"too large"}"#)?;
            return peer.read_body();
        }
        "early_200" => return early(peer, "200 OK"),
        "early_200_while_writing" => return while_writing(peer, "200 OK"),
        "early_400_while_writing" => return while_writing(peer, "400 Bad Request"),
        "early_413_while_writing" => return while_writing(peer, "413 Payload Too Large"),
        "early_429_while_writing" if connection == 1 => {
            return while_writing(peer, "429 Too Many Requests");
        }
        "early_503_while_writing" if connection == 1 => {
            return while_writing(peer, "503 Service Unavailable");
        }
        "early_200_and_read" => {
            peer.answer("200 OK", "", good)?;
            return peer.read_body();
        }
        "hang_up_before_the_body" => return Err(hang_up()),
        _ => {}
    }
    peer.read_body()?;
    whole();
    match case {
        "byte_by_byte" => byte_by_byte(peer, good),
        "hang_up_after_the_request" => Err(hang_up()),
        "hang_up_in_the_head" => cut(peer, b"HTTP/1.1 200 OK\r\ncontent-le"),
        "hang_up_in_the_body" => {
            let length = good.len();
            let half = &good[..length / 2];
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{half}");
            cut(peer, text.as_bytes())
        }
        "length_too_long" => with_length(peer, good, good.len() + 10),
        "length_too_short" => with_length(peer, good, good.len() - 10),
        "length_negative" => raw_length(peer, good, "-5"),
        "length_huge" => raw_length(peer, good, "99999999999999999999999999"),
        "lengths_that_differ" => raw_length(peer, good, "5\r\ncontent-length: 7"),
        "length_and_chunked" => {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n";
            cut(peer, format!("{head}{}", chunked(good)).as_bytes())
        }
        "chunked" => peer.write(format!("{CHUNKED}{}", chunked(good)).as_bytes()),
        "chunk_size_garbage" => cut(
            peer,
            format!("{CHUNKED}zz\r\n{good}\r\n0\r\n\r\n").as_bytes(),
        ),
        "chunk_size_huge" => cut(
            peer,
            format!("{CHUNKED}ffffffffffffffffff\r\n{good}").as_bytes(),
        ),
        "chunks_without_end" => cut(peer, format!("{CHUNKED}5\r\n{{\"dat").as_bytes()),
        // Over TLS the connection ends without the farewell that would tell it from a cut one.
        "no_length_and_close" | "tls_cut" => {
            cut(peer, format!("HTTP/1.1 200 OK\r\n\r\n{good}").as_bytes())
        }
        "half_close" => {
            peer.write(format!("HTTP/1.1 200 OK\r\n\r\n{good}").as_bytes())?;
            peer.half_close()
        }
        "endless_headers" => {
            peer.write(b"HTTP/1.1 200 OK\r\n")?;
            peer.write_for_ever(format!("x-filler: {}\r\n", "x".repeat(1_000)).as_bytes())
        }
        "endless_header_line" => {
            peer.write(b"HTTP/1.1 200 OK\r\nx-filler: ")?;
            peer.write_for_ever(&[b'x'; 8_192])
        }
        "endless_body" => {
            peer.write(b"HTTP/1.1 200 OK\r\n\r\n{\"data\": \"")?;
            peer.write_for_ever(&[b'x'; 8_192])
        }
        "endless_chunks" => {
            peer.write(CHUNKED.as_bytes())?;
            peer.write_for_ever(format!("1000\r\n{}\r\n", " ".repeat(0x1000)).as_bytes())
        }
        "endless_interim_answers" => peer.write_for_ever(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        "interim_answers" => {
            for _ in 0..50 {
                peer.write(b"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n")?;
            }
            peer.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            peer.answer("200 OK", "", good)
        }
        "gzip" => gzipped(peer, &pack(good.as_bytes())?),
        "gzip_bomb" => gzipped(peer, &BOMB),
        "gzip_broken" => peer.answer("200 OK", "content-encoding: gzip\r\n", good),
        "silence" => peer.stay_silent(),
        "slow_drip" => {
            peer.write(format!("HTTP/1.1 200 OK\r\ncontent-length: {MIB}\r\n\r\n").as_bytes())?;
            loop {
                peer.write(b" ")?;
                thread::sleep(Duration::from_millis(100));
            }
        }
        // As if the answer that nobody asked for had come just when the next request was on its way.
        "stray_when_reused" if request > 1 => {
            peer.answer("200 OK", "", STRAY)?;
            peer.answer("200 OK", "", good)
        }
        "stray_in_one_write" if request == 1 => {
            let answer = |body: &str| {
                let length = body.len();
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")
            };
            peer.write((answer(good) + &answer(STRAY)).as_bytes())
        }
        // The answer to one request and, behind it, one that nobody asked for.
        "stray_answer" if request == 1 => {
            peer.answer("200 OK", "", good)?;
            peer.answer(
                "200 OK",
                "",
                r#"{"data":{"pushed_count":1,"failed_count":1,"errors":[]}}"#,
            )
        }
        // The client may take a kept connection up just as we hang up.
        "idle_then_gone" if request == 1 && connection == 1 => {
            peer.answer("200 OK", "", good)?;
            peer.half_close()
        }
        "gone_when_reused" if request > 1 => Err(hang_up()),
        "redirect" => {
            let away = "location: http://127.0.0.1:9/stolen\r\n";
            peer.answer("307 Temporary Redirect", away, "")
        }
        "http_0_9" => cut(peer, good.as_bytes()),
        "http_2" => cut(
            peer,
            b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0",
        ),
        "echo_of_the_key" => {
            let key = peer.header("authorization").to_owned();
            let headers = format!("x-request-id: {key}\r\nx-error-code: {key}\r\n");
            let body = format!(r#"{{"detail":[{{"msg":"you said {key}"}}]}}"#);
            peer.answer("400 Bad Request", &headers, &body)
        }
        "status_garbage" => cut(peer, b"HTTP/1.1 banana\r\n\r\n"),
        "status_999" => peer.answer("999 What", "", good),
        "status_204" => peer.write(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "retry_after_garbage" if connection == 1 && request == 1 => peer.answer(
            "429 Too Many Requests",
            "retry-after: -1e309\r\nx-ratelimit-remaining: NaN\r\nx-ratelimit-reset: \u{fffd}\r\n",
            "{}",
        ),
        "good"
        | "tls_good"
        | "stray_answer"
        | "stray_in_one_write"
        | "stray_when_reused"
        | "idle_then_gone"
        | "gone_when_reused"
        | "early_429_and_close"
        | "early_429_while_writing"
        | "early_503_while_writing"
        | "retry_after_garbage" => peer.answer("200 OK", "", good),
        body => match (odd_body(body), stray_delay(body)) {
            (Some(body), _) => peer.answer_bytes(&body),
            (None, Some(delay)) => {
                peer.answer("200 OK", "", good)?;
                if request == 1 {
                    thread::sleep(delay);
                    peer.answer("200 OK", "", STRAY)?;
                }
                Ok(())
            }
            (None, None) => peer.answer("501 Not Implemented", "", "\"no such case\""),
        },
    }
}

fn good_body(is_post: bool) -> &'static str {
    if is_post {
        r#"{"data":{"pushed_count":2,"failed_count":0,"errors":[]}}"#
    } else {
        r#"{"data":[]}"#
    }
}

/// Of the cases `stray_after_0`, `stray_after_50` and so on: how many milliseconds after the first
/// answer the one comes that nobody asked for.
fn stray_delay(case: &str) -> Option<Duration> {
    let delay = case.strip_prefix("stray_after_")?.parse().ok()?;
    Some(Duration::from_millis(delay))
}

/// Bodies that a status of 200 does not make true.
fn odd_body(case: &str) -> Option<Vec<u8>> {
    let counts = |pushed: &str, failed: &str, errors: &str| {
        format!(
            r#"{{"data":{{"pushed_count":{pushed},"failed_count":{failed},"errors":{errors}}}}}"#
        )
        .into_bytes()
    };
    Some(match case {
        "body_empty" => Vec::new(),
        "body_null" => b"null".to_vec(),
        "body_array" => b"[]".to_vec(),
        "body_html" => b"<html><script>alert(1)</script>Welcome!</html>".to_vec(),
        "body_not_utf8" => {
            b"{\"data\":{\"pushed_count\":2,\"failed_count\":0,\"errors\":[],\"\xff\":1}}".to_vec()
        }
        "body_deep" => "[".repeat(100_000).into_bytes(),
        "body_deep_inside" => counts(
            "2",
            "0",
            &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        ),
        "counts_twice" => {
            br#"{"data":{"pushed_count":2,"failed_count":0,"pushed_count":0,"errors":[]}}"#.to_vec()
        }
        "counts_huge" => counts("1e400", "0", "[]"),
        "counts_of_20_digits" => counts("18446744073709551618", "0", "[]"),
        "counts_negative" => counts("-2", "4", "[]"),
        "counts_above_those_sent" => counts("3", "0", "[]"),
        "counts_below_those_sent" => counts("1", "0", "[]"),
        "counts_as_text" => counts("\"two\"", "0", "[]"),
        "counts_as_fractions" => counts("1.5", "0.5", "[]"),
        "counts_that_overflow" => counts("18446744073709551615", "3", "[]"),
        "errors_for_others" => counts(
            "1",
            "1",
            r#"[{"record":"somebody@else.example","error":"no"}]"#,
        ),
        "errors_for_an_index_beyond" => counts("1", "1", r#"[{"record_index":7,"error":"no"}]"#),
        "errors_more_than_failed" => counts(
            "1",
            "1",
            r#"[{"record":"a@example.com","error":"no"},{"record":"b@example.com","error":"no"}]"#,
        ),
        // Each value of a list may take many times its two bytes.
        "errors_by_the_million" => counts(
            "1",
            "1",
            &format!(
                "[{}0]",
                r#"{"record":"z","error":"n"},"#.repeat(4 * MIB / 27)
            ),
        ),
        "errors_of_zeros" => counts("1", "1", &format!("[{}0]", "0,".repeat(4 * MIB / 2))),
        "body_of_zeros" => format!(
            r#"{{"data":{{"pushed_count":2,"failed_count":0,"errors":[],"x":[{}0]}}}}"#,
            "0,".repeat(4 * MIB / 2)
        )
        .into_bytes(),
        "errors_without_failed" => counts("2", "0", r#"[{"record":"a@example.com","error":"no"}]"#),
        _ => return None,
    })
}

fn early(peer: &mut Peer, status: &str) -> io::Result<()> {
    let body = if status == "200 OK" {
        good_body(true)
    } else {
        "{}"
    };
    peer.answer(status, "connection: close\r\n", body)?;
    // The client's writes meet a closed connection from now on.
    Err(hang_up())
}

/// The client can't finish its body: nobody reads it, and it is larger than what sockets hold.
fn while_writing(peer: &mut Peer, status: &str) -> io::Result<()> {
    let body = if status == "200 OK" {
        good_body(peer.is_post())
    } else {
        "{}"
    };
    peer.answer(status, "connection: close\r\n", body)?;
    // No hang-up: a reset could come before the answer was read.
    Peer::stay_deaf()
}

fn cut(peer: &mut Peer, bytes: &[u8]) -> io::Result<()> {
    peer.write(bytes)?;
    Err(hang_up())
}

fn byte_by_byte(peer: &mut Peer, body: &str) -> io::Result<()> {
    let length = body.len();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
    for byte in answer.as_bytes() {
        peer.write(&[*byte])?;
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn with_length(peer: &mut Peer, body: &str, length: usize) -> io::Result<()> {
    raw_length(peer, body, &length.to_string())
}

fn raw_length(peer: &mut Peer, body: &str, length: &str) -> io::Result<()> {
    cut(
        peer,
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes(),
    )
}

fn chunked(body: &str) -> String {
    let (first, second) = body.split_at(body.len() / 2);
    format!(
        "{:x}\r\n{first}\r\n{:x};odd=1\r\n{second}\r\n0\r\nx-trailer: 1\r\n\r\n",
        first.len(),
        second.len()
    )
}

/// Made once: it takes its time.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| pack(&vec![b' '; 64 * MIB]).unwrap_or_default());

/// Has ready what would take too long to make under a client's time-out.
pub(crate) fn prepare() {
    LazyLock::force(&BOMB);
}

fn pack(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn gzipped(peer: &mut Peer, packed: &[u8]) -> io::Result<()> {
    let length = packed.len();
    peer.write(
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n")
            .as_bytes(),
    )?;
    peer.write(packed)
}
