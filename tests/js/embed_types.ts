// Uses the declarations of <conf-call> as a page in TypeScript does. tsc checks it.

const call: ConfCallElement = document.createElement('conf-call');
call.setAttribute('room', 'garden');
call.addEventListener('people', ({ detail }) => detail.names?.join() ?? String(detail.count));
call.addEventListener('muted', ({ detail }) => detail.microphone || detail.camera);
call.addEventListener('left', function ({ detail }) {
  const nothing: null = detail;
  this.title = String(nothing);
});
call.mute();
call.leave();
call.focus({ preventScroll: true });

// @ts-expect-error No page turns a camera on.
call.unmute();
