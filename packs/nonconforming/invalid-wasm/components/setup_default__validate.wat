;; Type-checks nowhere: two results are declared, none is left on the stack.
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32 i32) (result i32 i32)))
