// The service worker of notifications: it shows what the server has encrypted for this browser, and
// opens its link. It is served at /push.js.

const worker = /** @type {any} */ (self);

/** @param {any} event */
function show(event) {
  let news = { title: 'confcall', link: '' };
  try {
    news = event.data.json();
  } catch {
    // A browser must show something for each message.
  }
  const options = { data: String(news.link), tag: String(news.title) };
  event.waitUntil(worker.registration.showNotification(String(news.title), options));
}

/** @param {any} event */
function openLink(event) {
  event.notification.close();
  const link = String(event.notification.data);
  if (/^https?:\/\//.test(link)) event.waitUntil(worker.clients.openWindow(link));
}

worker.addEventListener('push', show);
worker.addEventListener('notificationclick', openLink);
