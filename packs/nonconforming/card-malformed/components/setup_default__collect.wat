;; Shows an unknown element, an input without id, and one id twice.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"questions\":{\"type\":\"AdaptiveCard\",\"version\":\"new\",\"body\":[{\"type\":\"Marquee\"},{\"type\":\"Input.Text\"},{\"type\":\"Input.Text\",\"id\":\"a\"},{\"type\":\"Input.Toggle\",\"id\":\"a\",\"title\":\"A\"}]}}")
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0)
    (i32.const 179)))
