#pragma once
// CelebA: 202,599 photographs of faces, each with forty yes-or-no attributes.
//
// Source    Liu, Luo, Wang and Tang 2015, "Deep Learning Face Attributes in the Wild" (arXiv
//           1411.7766). Its user brings it: docs/data/celeba.md says how the folder must lie
// Splits    list_eval_partition.txt's own: 162,770 of training, 19,867 of validation, 19,962 of
//           test, no person in two; train subset: training images by chance, as many as validation
// Prepared  a task table (workloads/multitask/task_table.h) of the aligned images, uint8 [n, 64,
// 64,
//           3], made smaller by Pillow's bilinear resizing, and targets int64 [n, 40], 1 for yes

#include <array>
#include <cstdint>
#include <filesystem>

namespace timetrial::celeba {

inline constexpr std::int64_t kSide = 64;

/// In the order of list_attr_celeba.txt.
inline constexpr std::array<const char*, 40> kAttributes = {"5_o_Clock_Shadow",
                                                            "Arched_Eyebrows",
                                                            "Attractive",
                                                            "Bags_Under_Eyes",
                                                            "Bald",
                                                            "Bangs",
                                                            "Big_Lips",
                                                            "Big_Nose",
                                                            "Black_Hair",
                                                            "Blond_Hair",
                                                            "Blurry",
                                                            "Brown_Hair",
                                                            "Bushy_Eyebrows",
                                                            "Chubby",
                                                            "Double_Chin",
                                                            "Eyeglasses",
                                                            "Goatee",
                                                            "Gray_Hair",
                                                            "Heavy_Makeup",
                                                            "High_Cheekbones",
                                                            "Male",
                                                            "Mouth_Slightly_Open",
                                                            "Mustache",
                                                            "Narrow_Eyes",
                                                            "No_Beard",
                                                            "Oval_Face",
                                                            "Pale_Skin",
                                                            "Pointy_Nose",
                                                            "Receding_Hairline",
                                                            "Rosy_Cheeks",
                                                            "Sideburns",
                                                            "Smiling",
                                                            "Straight_Hair",
                                                            "Wavy_Hair",
                                                            "Wearing_Earrings",
                                                            "Wearing_Hat",
                                                            "Wearing_Lipstick",
                                                            "Wearing_Necklace",
                                                            "Wearing_Necktie",
                                                            "Young"};

/// What must be there. Tests have smaller sets.
struct Counts {
  std::int64_t training = 162'770, validation = 19'867, test = 19'962;
};

/// Throws DataError naming the first thing that is missing, malformed or of another number.
void prepare(const std::filesystem::path& source, const std::filesystem::path& out,
             const Counts& counts = {});
std::uint64_t bytes_to_prepare(const std::filesystem::path& source, const Counts& counts = {});

}  // namespace timetrial::celeba
