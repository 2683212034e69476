/* Handles that are owned: moved, never copied by accident, given up exactly once. */
#ifndef CRIB_HANDLE_HPP
#define CRIB_HANDLE_HPP

#include <crib/types.h>

#include <utility>

namespace crib {

/** Owns one reference to a counted handle of the library. */
template <class H>
class handle {
  public:
    handle() = default;
    /** Takes over a reference that the caller owns. */
    explicit handle(H *owned) noexcept : raw_(owned) {}
    handle(handle &&other) noexcept : raw_(other.release()) {}
    handle &operator=(handle &&other) noexcept {
        handle old(std::exchange(raw_, other.release()));
        return *this;
    }
    ~handle() {
        if (raw_ != nullptr) crib_unref(raw_);
    }

    /** The handle for calls of the C API; it stays owned here. */
    [[nodiscard]] H *get() const noexcept { return raw_; }
    /** Gives the reference to the caller, who releases it by crib_unref. */
    [[nodiscard]] H *release() noexcept { return std::exchange(raw_, nullptr); }
    explicit operator bool() const noexcept { return raw_ != nullptr; }

  private:
    H *raw_ = nullptr;
};

}  // namespace crib

#endif
