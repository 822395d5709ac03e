// Update rules over given shapes, and STREAM's triad over as many numbers.
// The C++ half of optimizers.py, which does the same with torch.optim.
//
//   optimizer_bench THREADS RULE SHAPES < counts
//
// SHAPES is a file with a line per tensor, its sizes between blanks; RULE one of those below, or
// triad. Prints a line with the mean absolute weight after three updates, then for each count of
// updates that it reads a line with the seconds that they took.
//
// Triad (McCalpin 1995, "Memory Bandwidth and Machine Balance"): a = b + s c, of which the best of
// many is kept by who asks; it moves 3 x 4 bytes for each number by STREAM's way of counting.
#include "harness/device/device.h"

#include <timetrial/update_rules.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace timetrial;
using Tensors = std::vector<at::Tensor>;

/// Numbers that optimizers.py makes too, in [-1, 1).
at::Tensor numbers(const std::vector<std::int64_t>& shape, std::int64_t from) {
  const auto place = at::arange(from, from + c10::multiply_integers(shape), at::kLong);
  return place.mul(7919).remainder(10007).to(at::kFloat).div(5003.5).sub(1).reshape(shape);
}

class Lists {
 public:
  explicit Lists(const std::string& file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      std::istringstream sizes(line);
      std::vector<std::int64_t> shape;
      for (std::int64_t size = 0; sizes >> size;) shape.push_back(size);
      const auto place = static_cast<std::int64_t>(weights.size());
      weights.push_back(numbers(shape, place));
      gradients.push_back(numbers(shape, 17 * place + 5).mul_(0.1));
      for (auto* state : {&first, &second}) state->push_back(at::zeros_like(weights.back()));
      if (shape.empty()) shape.push_back(1);
      const bool is_matrix = shape.size() > 1;
      columns.push_back(at::zeros(is_matrix ? without(shape, 2) : std::vector<std::int64_t>{0}));
      rows.push_back(at::zeros(is_matrix ? without(shape, 1) : shape));
    }
    clipped.assign(weights.size(), true);
  }

  double mean_absolute_weight() const {
    double sum = 0, count = 0;
    for (const auto& weight : weights) {
      sum += weight.abs().sum(at::kDouble).item<double>();
      count += static_cast<double>(weight.numel());
    }
    return sum / count;
  }

  Tensors weights, gradients, first, second, rows, columns;
  std::vector<bool> clipped;
  std::int64_t updates = 0;
  ProdigyDistance distance{.distance = 1e-6};
  Tensors sums, start;  // Prodigy's, made when asked for

 private:
  static std::vector<std::int64_t> without(std::vector<std::int64_t> shape, std::ptrdiff_t last) {
    shape.erase(shape.end() - last);
    return shape;
  }
};

void prodigy(Lists& x) {
  if (x.start.empty()) {
    for (const auto& weight : x.weights) {
      x.start.push_back(weight.clone());
      x.sums.push_back(at::zeros_like(weight));
    }
  }
  x.distance = prodigy_update(x.weights, x.gradients, x.first, x.second, x.sums, x.start,
                              x.distance, {.rate = 1, .weight_decay = 0.01});
}

void triad(Lists& x) { at::add_out(x.first[0], x.weights[0], x.gradients[0], 0.5); }

using Rule = std::function<void(Lists&)>;

std::map<std::string, Rule> rules() {
  const AdamUpdate adam{.rate = 1e-3, .weight_decay = 0.01};
  const auto counts = [](const Lists& x) {
    return std::vector<std::int64_t>(x.weights.size(), x.updates + 1);
  };
  const auto with_momentum = [](bool nesterov) {
    return [nesterov](Lists& x) {
      momentum_update(x.weights, x.gradients, x.first,
                      {.rate = 1e-3, .momentum = 0.9, .weight_decay = 0.01, .nesterov = nesterov});
    };
  };
  return {
      {"adamw",
       [=](Lists& x) { adamw_update(x.weights, x.gradients, x.first, x.second, counts(x), adam); }},
      {"nadamw",
       [=](Lists& x) {
         nadamw_update(x.weights, x.gradients, x.first, x.second, counts(x), adam);
       }},
      {"lamb",
       [=](Lists& x) { lamb_update(x.weights, x.gradients, x.first, x.second, counts(x), adam); }},
      {"lion",
       [](Lists& x) {
         lion_update(x.weights, x.gradients, x.first, {.rate = 1e-3, .weight_decay = 0.01});
       }},
      {"momentum", with_momentum(false)},
      {"nesterov", with_momentum(true)},
      {"adagrad",
       [](Lists& x) {
         adagrad_update(x.weights, x.gradients, x.first, {.rate = 1e-3, .weight_decay = 0.01});
       }},
      {"rmsprop",
       [](Lists& x) {
         rmsprop_update(x.weights, x.gradients, x.first, {}, {.rate = 1e-3, .weight_decay = 0.01});
       }},
      {"schedule_free_adamw",
       [](Lists& x) {
         schedule_free_adamw_update(
             x.weights, x.gradients, x.first, x.second,
             {.rate = 1e-3, .weight_decay = 0.01, .share = 0.1, .count = x.updates + 1});
       }},
      {"clippy_adagrad",
       [](Lists& x) {
         clippy_adagrad_update(x.weights, x.gradients, x.first, x.clipped, {.rate = 1e-3}, {});
       }},
      {"clippy_adamw",
       [=](Lists& x) {
         clippy_adamw_update(x.weights, x.gradients, x.first, x.second, counts(x), x.clipped, adam,
                             {});
       }},
      {"sophia",
       [](Lists& x) { sophia_update(x.weights, x.gradients, x.first, x.second, {.rate = 1e-3}); }},
      {"adafactor",
       [](Lists& x) {
         adafactor_update(x.weights, x.gradients, x.first, x.rows, x.columns,
                          {.rate = 1e-3, .past = 0.9, .weight_decay = 0.01});
       }},
      {"prodigy", prodigy},
      {"triad", triad},
  };
}

}  // namespace

int main(int count, char** arguments) {
  const auto all = rules();
  if (count != 4 || !all.contains(arguments[2]) || !std::ifstream(arguments[3])) {
    std::cerr << "usage: optimizer_bench THREADS RULE SHAPES\n";
    return 2;
  }
  device::open_device("cpu", std::stoi(arguments[1]));
  const at::NoGradGuard no_grad;
  Lists lists(arguments[3]);
  const auto& rule = all.at(arguments[2]);
  const auto update = [&](std::int64_t times) {
    for (std::int64_t i = 0; i < times; ++i) {
      rule(lists);
      ++lists.updates;
    }
  };
  update(3);
  std::printf("%.9g\n", lists.mean_absolute_weight());
  std::fflush(stdout);
  for (std::int64_t times = 0; std::cin >> times;) {
    const auto started = std::chrono::steady_clock::now();
    update(times);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - started;
    std::printf("%.9g\n", passed.count());
    std::fflush(stdout);
  }
}
