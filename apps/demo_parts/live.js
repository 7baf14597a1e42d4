// The live camera: a frame is sent when the one before has been answered, and never kept.
const find = (selector) => element.querySelector(selector);
const canvas = document.createElement("canvas");
let stream = null;

const stop = (sentence) => {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  find("video").srcObject = null;
  find(".faces").innerHTML = "";
  find("[data-do=camera]").textContent = "Start the camera";
  if (sentence) find(".answer").textContent = sentence;
};

const frame = () => {
  const video = find("video");
  const scale = Math.min(1, 480 / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.85);
};

const readAll = async () => {
  let since = performance.now();
  let said = "";
  for (let count = 1; stream; count += 1) {
    const answer = await server.read_frame(frame());
    if (!stream) return;
    if (document.hidden || !element.isConnected) return stop("Stopped, since the page was hidden.");
    find(".faces").innerHTML = answer.faces;
    // A screen reader says a sentence again whenever it is put there again.
    if (answer.said !== said) find(".answer").innerHTML = said = answer.said;
    if (count % 10) continue;
    find(".rate").textContent = `${(10000 / (performance.now() - since)).toFixed(0)} frames a second`;
    since = performance.now();
  }
};

element.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-do=camera]")) return;
  if (stream) return stop();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 } } });
    find("video").srcObject = stream;
    await find("video").play();
    find("[data-do=camera]").textContent = "Stop";
    find(".photo").style.setProperty("--shape", find("video").videoWidth / find("video").videoHeight);
    await readAll();
  } catch (error) {
    stop(stream ? "The server does not answer." : "There is no camera, or it may not be used.");
  }
});
