#pragma once
// The faults that the submission of the tests can have.

enum class Fault {
  none,
  throws,
  segmentation_fault,
  exits,
  random,
  not_a_number,
  idle,
  assumes_gradients,
  keeps_gradients,
  moves_at_evaluation,
  forgets,
};
