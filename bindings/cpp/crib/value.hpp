/* Values: how C++ objects travel in a crib_value. Each type has a table of its own, whose address says what is inside, so
 * that what another language sent is refused, never misread.
 *
 *   integers, bool, enums     in the pointer, as crib_value_int: every language reads them
 *   small trivial types       in the pointer (double, a pointer, a struct of eight bytes)
 *   std::unique_ptr<U>        the pointer itself
 *   crib::value               whatever it is, untouched
 *   all others                moved into a new object */
#ifndef CRIB_VALUE_HPP
#define CRIB_VALUE_HPP

#include <crib/value.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace crib {

/** Owns a value of any kind and language; drops it if nobody takes it. */
class value {
  public:
    value() = default;
    explicit value(crib_value owned) noexcept : raw_(owned) {}
    value(value &&other) noexcept : raw_(other.release()) {}
    value &operator=(value &&other) noexcept {
        value old(std::exchange(raw_, other.release()));
        return *this;
    }
    ~value() {
        if (raw_.vt != nullptr) crib_value_drop(raw_);
    }

    explicit operator bool() const noexcept { return raw_.vt != nullptr; }
    [[nodiscard]] crib_value get() const noexcept { return raw_; }
    [[nodiscard]] crib_value release() noexcept { return std::exchange(raw_, crib_value{nullptr, nullptr}); }
    /** What it is, for people. */
    [[nodiscard]] const char *kind() const noexcept {
        if (raw_.vt == nullptr) return "nil";
        return raw_.vt->kind != nullptr ? raw_.vt->kind : "";
    }

  private:
    crib_value raw_{nullptr, nullptr};
};

/** Whether objects of a type may be made in one thread, and used and destroyed in another, one after the other. Specialise
 * it for types of your own: template <> inline constexpr bool crib::sendable<order> = true; */
template <class T>
inline constexpr bool sendable = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;
template <class C, class R, class A>
inline constexpr bool sendable<std::basic_string<C, R, A>> = true;
template <class T, class A>
inline constexpr bool sendable<std::vector<T, A>> = sendable<T>;
template <class T>
inline constexpr bool sendable<std::unique_ptr<T>> = sendable<T>;
template <class T>
inline constexpr bool sendable<std::optional<T>> = sendable<T>;
template <class T, size_t N>
inline constexpr bool sendable<std::array<T, N>> = sendable<T>;
template <class A, class B>
inline constexpr bool sendable<std::pair<A, B>> = sendable<A> &&sendable<B>;
template <class... T>
inline constexpr bool sendable<std::tuple<T...>> = (sendable<T> && ...);
template <class... T>
inline constexpr bool sendable<std::variant<T...>> = (sendable<T> && ...);
template <class T>
inline constexpr bool sendable<std::shared_ptr<const T>> = sendable<T>;
template <>
inline constexpr bool sendable<value> = true; /* the library looks at what is inside */

namespace detail {

/* The name of a type as text that lives for ever. */
template <class T>
constexpr std::string_view pretty_name() {
    const std::string_view text = __PRETTY_FUNCTION__;
    const size_t begin = text.find("T = ") + 4;
    size_t end = text.find(';', begin); /* GCC explains std::string_view behind it */
    if (end == std::string_view::npos) end = text.rfind(']');
    return text.substr(begin, end - begin);
}

template <class T>
constexpr auto make_name() {
    std::array<char, pretty_name<T>().size() + 1> text{};
    for (size_t i = 0; i + 1 < text.size(); i++) text[i] = pretty_name<T>()[i];
    return text;
}

template <class T>
inline constexpr auto type_name = make_name<T>();

template <class T>
inline constexpr bool is_unique_ptr = false;
template <class U>
inline constexpr bool is_unique_ptr<std::unique_ptr<U>> = !std::is_array_v<U>;

template <class T>
inline constexpr bool travels_as_integer = (std::is_integral_v<T> && sizeof(T) <= sizeof(int64_t)) || std::is_enum_v<T>;
template <class T>
inline constexpr bool travels_in_pointer = std::is_trivially_copyable_v<T> &&std::is_default_constructible_v<T> &&
                                           sizeof(T) <= sizeof(void *) && !travels_as_integer<T>;

template <class T>
void drop_object(void *p) noexcept {
    if constexpr (is_unique_ptr<T>) {
        T(static_cast<typename T::pointer>(p)).reset();
    } else {
        delete static_cast<T *>(p);
    }
}

template <class T>
inline const crib_vtable vtable_of = {sizeof(crib_vtable), travels_in_pointer<T> ? nullptr : drop_object<T>,
                                      type_name<T>.data(), sendable<T> ? CRIB_VALUE_SENDABLE : 0u};

/* Packs an object, which is moved from. */
template <class T>
crib_value box(T &&object) {
    using U = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<U, value>) {
        return object.release();
    } else if constexpr (travels_as_integer<U>) {
        return crib_value_int(static_cast<int64_t>(object));
    } else if constexpr (travels_in_pointer<U>) {
        crib_value v{nullptr, &vtable_of<U>};
        std::memcpy(&v.p, &object, sizeof object);
        return v;
    } else if constexpr (is_unique_ptr<U>) {
        return crib_value{const_cast<std::remove_cv_t<typename U::element_type> *>(object.release()), &vtable_of<U>};
    } else {
        return crib_value{new U(std::forward<T>(object)), &vtable_of<U>};
    }
}

template <class T>
bool integer_fits(int64_t n) {
    if constexpr (std::is_enum_v<T>) {
        return integer_fits<std::underlying_type_t<T>>(n);
    } else if constexpr (std::is_same_v<T, bool>) {
        return n == 0 || n == 1;
    } else {
        return static_cast<int64_t>(static_cast<T>(n)) == n;
    }
}

template <class T>
bool holds(crib_value v) {
    if constexpr (std::is_same_v<T, value>) {
        return true;
    } else if constexpr (travels_as_integer<T>) {
        return v.vt == crib_value_int(0).vt && integer_fits<T>(crib_value_as_int(v, 0));
    } else {
        return v.vt == &vtable_of<T>;
    }
}

/* Unpacks a value that holds a T, and consumes it. */
template <class T>
T unbox(crib_value v) {
    if constexpr (std::is_same_v<T, value>) {
        return value(v);
    } else if constexpr (travels_as_integer<T>) {
        return static_cast<T>(crib_value_as_int(v, 0));
    } else if constexpr (travels_in_pointer<T>) {
        T object;
        std::memcpy(&object, &v.p, sizeof object);
        return object;
    } else if constexpr (is_unique_ptr<T>) {
        return T(static_cast<typename T::pointer>(v.p));
    } else {
        const std::unique_ptr<T> owner(static_cast<T *>(v.p));
        return std::move(*owner);
    }
}

}  // namespace detail
}  // namespace crib

#endif
