// The link to the model card opens what it leads to.
element.addEventListener("click", (event) => {
  if (event.target.hash !== "#model-card") return;
  const card = document.querySelector("#model-card > button");
  if (!card.classList.contains("open")) card.click();
});

// A file over the limit is not sent, and the visitor told; Gradio itself says no more than "Error".
const { most, tooLarge } = element.querySelector(".ferm").dataset;
const refuse = (event) => {
  const files = event.target.files ?? event.dataTransfer?.files ?? [];
  if ([...files].every((file) => file.size <= most)) return;
  event.stopPropagation();
  event.preventDefault();
  if (event.target.files) event.target.value = "";
  const places = [...document.querySelectorAll("#said p, #album-said p")];
  const said = places.find((each) => each.checkVisibility());
  said.textContent = tooLarge;
  said.classList.add("trouble");
};
document.addEventListener("change", refuse, true);
document.addEventListener("drop", refuse, true);
