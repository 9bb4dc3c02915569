// Offers to tell this very browser, where it can be told; the form sends its address to us.
(() => {
  "use strict";
  const form = document.querySelector("form[data-push-key]");
  if (!form || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const activated = (ours) => {
    const worker = ours.active ? null : ours.installing || ours.waiting;
    if (!worker) return Promise.resolve();
    return new Promise((resolve) => {
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve();
      });
    });
  };
  const subscribe = async () => {
    const ours = await navigator.serviceWorker.register(form.dataset.worker);
    const old = await ours.pushManager.getSubscription();
    if (old) await old.unsubscribe();
    await activated(ours);
    return ours.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(form.dataset.pushKey),
    });
  };
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector("[role=status]");
    try {
      if ((await Notification.requestPermission()) !== "granted") throw new Error("not allowed");
      form.elements.address.value = (await subscribe()).endpoint;
      form.submit();
    } catch {
      said.textContent = "This browser cannot be told: notifications are not allowed here.";
    }
  });
})();
