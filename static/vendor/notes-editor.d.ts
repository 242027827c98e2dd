export * as Y from 'yjs';
export * as sync from 'y-protocols/sync';
export * as awareness from 'y-protocols/awareness';
export * as encoding from 'lib0/encoding';
export * as decoding from 'lib0/decoding';
export { QuillBinding } from 'y-quill';
export { default as Quill } from 'quill';
export { default as QuillCursors } from 'quill-cursors/core';
