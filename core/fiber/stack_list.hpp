// A list of free stacks: in at the front, out at the front (hot) or the back (unused for longest).
#pragma once

#include "fiber/stack.hpp"

namespace crib {

inline void list_push(StackList &list, Stack *stack) {
    stack->prev = nullptr;
    stack->next = list.first;
    if (list.first != nullptr) {
        list.first->prev = stack;
    } else {
        list.last = stack;
    }
    list.first = stack;
    ++list.count;
}

inline void list_remove(StackList &list, Stack *stack) {
    if (stack->prev != nullptr) {
        stack->prev->next = stack->next;
    } else {
        list.first = stack->next;
    }
    if (stack->next != nullptr) {
        stack->next->prev = stack->prev;
    } else {
        list.last = stack->prev;
    }
    --list.count;
}

inline Stack *list_pop(StackList &list) {
    Stack *stack = list.first;
    if (stack != nullptr) {
        list_remove(list, stack);
    }
    return stack;
}

}  // namespace crib
