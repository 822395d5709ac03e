#pragma once
// multi_fashion_mnist: what are the two clothes in the picture? Two Fashion-MNIST images on one
// canvas (pairs.h), a class for each.
//
// Input    inputs float32 [B, 1, 36, 36], pixels in [0, 1]; targets int64 [B, 2], of the upper left
//          and of the lower right image
// Output   logits float32 [B, 20]: 10 of the task "left", then 10 of "right"
// Model    LeNet with a head for each task: 5 x 5 convolutions of 10 and 20 channels, each followed
//          by 2 x 2 maximum pooling and ReLU; a layer of 50 that the tasks share; a hidden layer of
//          50 and a linear layer for each task
// Loss     softmax cross-entropy, the mean of both tasks
// Metric   accuracy, higher is better: the mean of both tasks'
// Source   the model and the task: Sener and Koltun 2018 (arXiv 1810.04650), on MNIST

#include "workloads/workload.h"

namespace timetrial::multi_fashion_mnist {

struct Config {
  std::vector<std::int64_t> channels = {10, 20};
  std::int64_t shared_dim = 50, head_dim = 50;
};

/// Throws ConfigError naming the field, its value and what is allowed.
void validate(const Config& config);

std::unique_ptr<workloads::Workload> make(const Config& config);

}  // namespace timetrial::multi_fashion_mnist
