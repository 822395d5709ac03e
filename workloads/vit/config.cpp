#include "workloads/vit/vit.h"

#include <sstream>

namespace timetrial::vit {
namespace {

void expect(bool valid, const char* field, std::int64_t value, const std::string& allowed) {
  if (valid) return;
  throw workloads::ConfigError(std::string("vit: ") + field + " = " + std::to_string(value) +
                               "; it must be " + allowed);
}

std::string divisors(std::int64_t number) {
  std::string list;
  for (std::int64_t d = 1; d <= number; ++d) {
    if (number % d == 0) list += (list.empty() ? "" : ", ") + std::to_string(d);
  }
  return list;
}

}  // namespace

void check(const Config& config) {
  const struct {
    const char* field;
    std::int64_t value;
  } positive[] = {{"image_size", config.image_size}, {"patch_size", config.patch_size},
                  {"channels", config.channels},     {"classes", config.classes},
                  {"width", config.width},           {"depth", config.depth},
                  {"heads", config.heads},           {"mlp_dim", config.mlp_dim}};
  for (const auto& [field, value] : positive) expect(value >= 1, field, value, "at least 1");
  expect(config.width % 4 == 0, "width", config.width,
         "a multiple of 4 (sine and cosine of two directions)");
  expect(config.width % config.heads == 0, "heads", config.heads,
         "a divisor of width = " + std::to_string(config.width) + ": " + divisors(config.width));
  expect(config.image_size % config.patch_size == 0, "patch_size", config.patch_size,
         "a divisor of image_size = " + std::to_string(config.image_size) + ": " +
             divisors(config.image_size));
}

std::string to_text(const Config& config) {
  std::ostringstream text;
  text << std::boolalpha << "channels = " << config.channels << "\nclasses = " << config.classes
       << "\ndepth = " << config.depth << "\nglu = " << config.glu << "\nheads = " << config.heads
       << "\nimage_size = " << config.image_size << "\nmap_head = " << config.map_head
       << "\nmlp_dim = " << config.mlp_dim << "\npatch_size = " << config.patch_size
       << "\npost_ln = " << config.post_ln << "\nwidth = " << config.width << "\n";
  return text.str();
}

}  // namespace timetrial::vit
