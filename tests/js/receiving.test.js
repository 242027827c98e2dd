import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayArrive, measuring, twoSided } from '../../static/rooms/media/receiving.js';

const offered = (mimeType, sdpFmtpLine) => mayArrive({ mimeType, sdpFmtpLine });

test('codecs that the worker forwards may arrive', () => {
  const names = [
    'audio/opus', 'audio/red', 'video/VP8', 'video/rtx', 'video/VP9', 'video/AV1',
  ];
  for (const name of names) {
    assert.ok(offered(name), name);
  }
  assert.ok(offered('video/VP9', 'profile-id=0'));
  assert.ok(offered('video/AV1', 'level-idx=5;profile=0;tier=0'));
  assert.ok(
    offered('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'),
  );
  assert.ok(
    offered('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42E034'),
  );
});

test('codecs that only make offers longer may not', () => {
  const names = [
    'audio/G722', 'audio/PCMU', 'audio/telephone-event', 'video/red', 'video/ulpfec',
    'video/flexfec-03',
  ];
  for (const name of names) {
    assert.ok(!offered(name), name);
  }
  assert.ok(!offered('video/VP9', 'profile-id=2'));
  assert.ok(!offered('video/AV1', 'level-idx=5;profile=1;tier=0'));
  assert.ok(
    !offered(
      'video/H264',
      'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f',
    ),
  );
  assert.ok(
    !offered(
      'video/H264',
      'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=f4001f',
    ),
  );
});

test('the first received codec measures round-trip times, wherever it is offered', () => {
  const types = {
    63: 'red/48000/2', 96: 'VP8/90000', 97: 'rtx/90000', 98: 'VP9/90000', 111: 'opus/48000/2',
  };
  const section = (kind, direction, ...ids) => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${ids.join(' ')}`,
    `a=${direction}`,
    ...ids.flatMap((id) => [`a=rtpmap:${id} ${types[id]}`, `a=fmtp:${id} x=1`]),
  ];
  const offer = [
    'v=0',
    ...section('audio', 'sendonly', 63, 111),
    ...section('video', 'sendonly', 98, 96, 97),
    ...section('audio', 'recvonly', 111, 63),
    ...section('video', 'recvonly', 96, 97, 98),
  ];
  const measured = measuring(`${offer.join('\r\n')}\r\n`).split('\r\n').slice(0, -1);
  const added = measured.filter((line) => line.startsWith('a=rtcp-fb'));
  assert.deepEqual(
    added,
    ['a=rtcp-fb:111 rrtr', 'a=rtcp-fb:96 rrtr', 'a=rtcp-fb:111 rrtr', 'a=rtcp-fb:96 rrtr'],
  );
  for (const [i, line] of measured.entries()) {
    if (line.startsWith('a=rtcp-fb')) {
      assert.ok(measured[i - 1].startsWith(`a=rtpmap:${line.match(/\d+/)[0]} `));
    }
  }
  assert.deepEqual(measured.filter((line) => !added.includes(line)), offer);
});

test('received sound and the sound of a share are stereo, a microphone is mono', () => {
  const section = (direction, said) => [
    'm=audio 9 UDP/TLS/RTP/SAVPF 63 111',
    `a=${direction}`,
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    'a=rtpmap:111 opus/48000/2',
    `a=fmtp:111 ${said}`,
  ];
  const video = ['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=sendonly', 'a=rtpmap:96 VP8/90000'];
  const offer = (microphone, share, slot) =>
    [
      'v=0',
      ...section('sendonly', microphone),
      ...video,
      ...video,
      ...section('sendonly', share),
      ...section('recvonly', slot),
      '',
    ].join('\r\n');
  const music = 'x=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000';
  assert.equal(twoSided(offer('x=1', 'x=1', 'x=1'), 3), offer('x=1', music, 'x=1;stereo=1'));
  // Firefox says so by itself.
  const said = 'stereo=1;useinbandfec=1';
  assert.equal(twoSided(offer(said, said, said), 3), offer(said, said, said));
});
