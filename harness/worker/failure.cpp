#include "harness/worker/failure.h"

#include "harness/trial/error.h"
#include "harness/worker/checkpoint_file.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <stdexcept>

namespace timetrial::worker {
namespace {

using protocol::FailureKind;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

FailureKind classify(const std::string& text) {
  if (text.find("CUDA out of memory") != std::string::npos) {
    return FailureKind::out_of_memory_device;
  }
  // c10's CPU allocator throws a plain Error with this text.
  if (text.find("can't allocate memory") != std::string::npos ||
      text.find("not enough memory") != std::string::npos) {
    return FailureKind::out_of_memory_host;
  }
  return FailureKind::exception;
}

}  // namespace

protocol::Failed describe_current_exception(const std::string& where, std::int64_t step) {
  protocol::Failed failed{FailureKind::exception, where, "an exception of unknown type", step};
  try {
    throw;
  } catch (const std::bad_alloc&) {
    failed.kind = FailureKind::out_of_memory_host;
    failed.reason = "std::bad_alloc";
  } catch (const c10::Error& error) {
    failed.kind = classify(error.what_without_backtrace());
    failed.reason = first_line(error.what_without_backtrace());
  } catch (const StorageError& error) {
    failed.kind = FailureKind::storage;
    failed.reason = first_line(error.what());
  } catch (const InputError& error) {
    failed.kind = FailureKind::bad_input;
    failed.reason = first_line(error.what());
  } catch (const std::exception& error) {
    failed.kind = classify(error.what());
    failed.reason = first_line(error.what());
  } catch (...) {
  }
  return failed;
}

}  // namespace timetrial::worker
