#pragma once
// celeba40: forty yes-or-no questions about a face, one model for all of them.
//
// Input    inputs float32 [B, 3, 64, 64], pixels in [0, 1]; targets int64 [B, 40], 0 or 1; weights
//          float32 [B]
// Output   logits float32 [B, 80]: no and yes of each attribute, in the order of its names;
//          representation [B, 2048]
// Model    ResNet-18 with a 3 x 3 stem without pooling (workloads/resnet), 4 x 4 average pooling of
//          its 8 x 8 features, a linear layer for each attribute
// State    running mean and variance of each batch norm
// Loss     softmax cross-entropy in nats, the mean of the forty
// Metric   error, a fraction in [0, 1], lower is better: the mean of the forty
// Dropout  none; a rate is ignored
// Data     CelebA (faces.h); its user brings it: docs/data/celeba.md
// Source   model and task: Sener and Koltun 2018 (arXiv 1810.04650); batch 256 and what is tuned:
//          Xin et al. 2022 (arXiv 2209.11379)

#include "workloads/resnet/resnet.h"

namespace timetrial::celeba {

/// The encoder of the published model; its classes mean nothing.
resnet::Config encoder_config();

/// Throws ConfigError unless 64 x 64 images leave whole 4 x 4 squares, as a cifar stem does.
std::unique_ptr<workloads::Workload> make_celeba40(const resnet::Config& encoder);

}  // namespace timetrial::celeba
