package crib

import "context"

// Map calls f for each item, in tasks of their own, at most `most` at a time (0 = no limit), and gives the results in the
// order of the items. The first failure cancels the rest.
func Map[T, U any](ctx context.Context, most int, items []T, f func(ctx context.Context, item T) (U, error)) ([]U, error) {
	results := make([]U, len(items))
	err := WithNurseryOptions(ctx, NurseryOptions{MaxChildren: most}, func(ctx context.Context, n *Nursery) error {
		for i, item := range items {
			_, err := n.GoWait(ctx, func(ctx context.Context) (err error) {
				results[i], err = f(ctx, item)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// First calls all functions, in tasks of their own, and gives the result of the first that succeeds; the others are
// cancelled. If none does it returns all of their errors.
func First[T any](ctx context.Context, fs ...func(ctx context.Context) (T, error)) (result T, err error) {
	found := false
	err = WithNurseryOptions(ctx, NurseryOptions{Policy: FirstSuccess}, func(ctx context.Context, n *Nursery) error {
		for _, f := range fs {
			n.Go(func(ctx context.Context) error {
				v, err := f(ctx)
				if err == nil && !found {
					result, found = v, true
				}
				return err
			})
		}
		return nil
	})
	if err == nil && !found {
		err = misuse("First without a function, or each was cancelled by itself")
	}
	return result, err
}
