//! Phase dynamics: parameters, UPDE stepper, SEC functional, L16 controller.
