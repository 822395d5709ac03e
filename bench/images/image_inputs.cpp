// Encoded images to ImageNet's inputs, one thread: the half of bench/images/compare.py that is
// ours.
//
//   image_inputs inputs FILE            writes the evaluation input, float32 [3, 224, 224], to
//   stdout image_inputs (train|evaluate) IMAGES FILE…
//                                       prints images per second of processor time, over that many
//                                       images, files in turn
#include "workloads/data/image_decoding.h"
#include "workloads/data/image_pipelines.h"

#include <ATen/Parallel.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using timetrial::data::EncodedImage;

std::string content(const char* file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return std::move(out).str();
}

EncodedImage encoded(const std::string& bytes) {
  return {std::as_bytes(std::span(bytes)), "an image of the benchmark"};
}

at::Tensor evaluation_input(const std::string& bytes) {
  return timetrial::data::imagenet_evaluation_input(encoded(bytes).decode());
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double images_per_second(bool train, int images, const std::vector<std::string>& files) {
  double used = 0;  // by the results, so that none is left out
  const double begin = processor_seconds();
  for (int i = 0; i < images; ++i) {
    const std::string& bytes = files[static_cast<std::size_t>(i) % files.size()];
    const auto seed = static_cast<std::uint64_t>(i);
    const at::Tensor input =
        train ? timetrial::data::imagenet_training_input(encoded(bytes), seed, false)
              : evaluation_input(bytes);
    used += input.const_data_ptr<float>()[i % input.numel()];
  }
  const double seconds = processor_seconds() - begin;
  return used != used ? 0 : images / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (mode == "inputs") {
    const at::Tensor input = evaluation_input(content(argv[2]));
    return std::fwrite(input.const_data_ptr(), 1, input.nbytes(), stdout) == input.nbytes() ? 0 : 1;
  }
  if (argc < 4 || (mode != "train" && mode != "evaluate")) {
    std::fputs("usage: image_inputs inputs FILE | image_inputs (train|evaluate) IMAGES FILE...\n",
               stderr);
    return 2;
  }
  std::vector<std::string> files;
  for (int i = 3; i < argc; ++i) files.push_back(content(argv[i]));
  std::printf("%.1f\n", images_per_second(mode == "train", std::stoi(argv[2]), files));
}
