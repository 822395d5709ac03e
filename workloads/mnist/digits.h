#pragma once
// MNIST, the data of AlgoPerf's mnist (commit 2c90454fc05d).
//
// Source    LeCun, Bottou, Bengio, Haffner 1998; the four idx files, which their user brings:
//           docs/data/mnist.md
// Splits    training: the first 50,000 of the training file; validation: its last 10,000; test: the
//           10,000 of the t10k file; train subset: 10,000 training images by chance. AlgoPerf
//           counts its first 50,000 in the order of TensorFlow Datasets, which stores them shuffled
// Prepared  as workloads/small_images says, images uint8 [n, 28, 28]
// Pixels    (value - 0.1307) / 0.3081, values from 0 to 255 (sic)

#include "workloads/workload.h"

namespace timetrial::mnist {

void prepare(const std::filesystem::path& source, const std::filesystem::path& out);
std::uint64_t bytes_to_prepare(const std::filesystem::path& source);

std::unique_ptr<workloads::TrainingData> open_training(const std::filesystem::path& training_dir);
std::unique_ptr<workloads::Evaluation> open_evaluation(const std::filesystem::path& held_back_dir);

}  // namespace timetrial::mnist
