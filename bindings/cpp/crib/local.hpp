/* Task locals: a value that belongs to a task, and is inherited by the tasks it starts.
 *
 *   const crib::local<std::string> user;
 *   user.set("ann");                        // for this task, and those that it starts from now on
 *   if (const std::string *name = user.find()) … */
#ifndef CRIB_LOCAL_HPP
#define CRIB_LOCAL_HPP

#include <crib/local.h>

#include <new>

#include "error.hpp"
#include "handle.hpp"

namespace crib {

/** A key, under which each task sees a value of its own or of the task that started it. May be made in any thread, also
 * before runs, and be global. */
template <class T>
class local : public handle<crib_local> {
  public:
    local() : handle(crib_local_new([](void *p) noexcept { delete static_cast<T *>(p); })) {
        if (get() == nullptr) throw std::bad_alloc();
    }
    /** Sets what the calling task sees, and those that it starts from now on. */
    void set(T value) const { detail::check(crib_local_set(get(), new T(std::move(value)))); }
    /** What the calling task sees, until it is set anew; nullptr if nobody has. */
    [[nodiscard]] const T *find() const noexcept { return static_cast<const T *>(crib_local_get(get())); }
    [[nodiscard]] T value_or(T otherwise) const {
        const T *found = find();
        return found != nullptr ? *found : std::move(otherwise);
    }
};

}  // namespace crib

#endif
