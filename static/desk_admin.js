// A field that is searched while one types is named by its label, for screen readers too.

function name() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const box = select.nextElementSibling?.querySelector(".select2-selection");
    if (!label || !box) continue;
    label.id ||= `${select.id}-label`;
    const shown = box.querySelector(".select2-selection__rendered");
    shown?.setAttribute("aria-labelledby", label.id);
    box.setAttribute("aria-labelledby", [label.id, shown?.id].filter(Boolean).join(" "));
  }
}

// After what makes these fields, which waits for the same moment.
window.django?.jQuery(name);
