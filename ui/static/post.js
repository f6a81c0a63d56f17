// The answer to a service (response_mode=form_post) goes by itself; without
// scripts the button does it.
document.getElementById("answer").submit();
