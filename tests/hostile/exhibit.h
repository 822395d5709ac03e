#pragma once
// An exhibit of the museum: an honest submission that calls attack() at every moment of its life.
// Without LibTorch, so that each is quick to compile; honest.cpp is the submission around it.
//
// An exhibit that a wall should stop throws Breach when nothing stops it, and goes on otherwise:
// its trial ends regularly where the wall holds, and is recorded with the hole where it does not.

#include <timetrial/export.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace timetrial::hostile {

enum class Moment { batch_size, init, update, select_batch, prepare_for_eval, save, destructor };

/// What the submission lends to an attack.
class Scene {
 public:
  virtual ~Scene() = default;
  virtual Moment moment() const = 0;
  virtual std::int64_t step() const = 0;  ///< completed steps; 0 before the first
  virtual void fill_parameters(float value) = 0;
  virtual void resize_a_parameter() = 0;
  [[noreturn]] virtual void complete_training() = 0;
};

/// Each exhibit defines it.
void attack(Scene& scene);

/// True once in a trial: at this moment, when so many steps are complete.
bool it_is_time(const Scene& scene, Moment moment = Moment::update, std::int64_t step = 5);

class Breach : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Breach if it did.
void expect_stopped(bool it_did, const std::string& what);
/// The same for a system call's result: it must have failed, with one of these errors.
void expect_refused(long result, const std::string& what, int error = EPERM, int or_error = EPERM);

/// Throws Breach unless the attack itself could be made: one that was not proves nothing.
void expect_made(bool it_was, const std::string& what);

/// Writes a message to the channel, past the worker's own code.
void send(const std::vector<std::byte>& message);

/// The region shared with the referee: a control page, then the snapshot.
std::span<std::byte> shared_region();

Submission* create();
void destroy(Submission* submission);

}  // namespace timetrial::hostile

/// Once in each exhibit.
#define TIMETRIAL_EXHIBIT(name)                                                    \
  TIMETRIAL_DETAIL_RECORD(name, "Timetrial authors", ::timetrial::hostile::create, \
                          ::timetrial::hostile::destroy)
