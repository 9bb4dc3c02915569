// The service worker of a browser that chose to be told: it is woken without a word of what
// waits, says that something does, and opens the inbox.
"use strict";
self.addEventListener("push", (event) => {
  const told = self.registration.showNotification("Wardlight", {
    body: "An alert is waiting for you.",
    tag: "wardlight",
    renotify: true,
    requireInteraction: true,
  });
  event.waitUntil(told);
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/inbox"));
});
