import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayArrive, measuring } from '../../static/rooms/receiving.js';

const offered = (mimeType, sdpFmtpLine) => mayArrive({ mimeType, sdpFmtpLine });

test('what the worker forwards may arrive', () => {
  for (const name of ['audio/opus', 'audio/red', 'video/VP8', 'video/rtx', 'video/VP9', 'video/AV1']) assert.ok(offered(name), name);
  assert.ok(offered('video/VP9', 'profile-id=0'));
  assert.ok(offered('video/AV1', 'level-idx=5;profile=0;tier=0'));
  assert.ok(offered('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'));
  assert.ok(offered('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42E034'));
});

test('what only makes offers long does not', () => {
  for (const name of ['audio/G722', 'audio/PCMU', 'audio/telephone-event', 'video/red', 'video/ulpfec', 'video/flexfec-03']) {
    assert.ok(!offered(name), name);
  }
  assert.ok(!offered('video/VP9', 'profile-id=2'));
  assert.ok(!offered('video/AV1', 'level-idx=5;profile=1;tier=0'));
  assert.ok(!offered('video/H264', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f'));
  assert.ok(!offered('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=f4001f'));
});

test('every codec that is forwarded measures round trips', () => {
  const lines = ['v=0', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:63 red/48000/2', 'a=rtpmap:96 VP8/90000', 'a=rtpmap:97 rtx/90000'];
  assert.deepEqual(measuring(`${lines.join('\r\n')}\r\n`).split('\r\n'), [
    'v=0',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 rrtr',
    'a=rtpmap:63 red/48000/2',
    'a=rtpmap:96 VP8/90000',
    'a=rtcp-fb:96 rrtr',
    'a=rtpmap:97 rtx/90000',
    '',
  ]);
});
